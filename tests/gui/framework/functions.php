<?php
/* Stand-in of the framework's functions that the module uses: translation, output of scripts, the number registry. */

$standin_texts = array();

/** The texts of a module for a language, as the framework finds them: i18n/<language>/LC_MESSAGES/<module>.mo. */
function standin_use_language($module, $language)
{
    global $standin_texts;
    $path = $module . '/i18n/' . basename($language) . '/LC_MESSAGES/omnileads.mo';
    $standin_texts = is_file($path) ? standin_read_mo(file_get_contents($path)) : array();
}

function standin_read_mo($content)
{
    $head = unpack('Vmagic/Vrevision/Vcount/Voriginals/Vtranslations', $content);
    $texts = array();
    for ($number = 0; $number < $head['count']; $number++) {
        $from = unpack('Vlength/Voffset', substr($content, $head['originals'] + 8 * $number, 8));
        $to = unpack('Vlength/Voffset', substr($content, $head['translations'] + 8 * $number, 8));
        $texts[substr($content, $from['offset'], $from['length'])] = substr($content, $to['offset'], $to['length']);
    }
    return $texts;
}

function __($text)
{
    global $standin_texts;
    return isset($standin_texts[$text]) ? $standin_texts[$text] : $text;
}

function out($text)
{
    echo $text, "\n";
}

/** Who has these numbers (or, for true, every number), by module: asks each module's <module>_check_extensions. */
function standin_extension_usage($numbers, array $modules)
{
    $usage = array();
    foreach ($modules as $module) {
        $found = call_user_func($module . '_check_extensions', $numbers);
        if ($found) {
            $usage[$module] = $found;
        }
    }
    return $usage;
}

/** The numbers that two modules list: what a reload reports as conflicts. */
function standin_conflicts(array $modules)
{
    $seen = array();
    foreach (standin_extension_usage(true, $modules) as $found) {
        foreach (array_keys($found) as $number) {
            $seen[$number] = isset($seen[$number]) ? $seen[$number] + 1 : 1;
        }
    }
    return array_keys(array_filter($seen, function ($times) {
        return $times > 1;
    }));
}
