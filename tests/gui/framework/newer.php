<?php
/* Prints what in the files given needs more than PHP 5.4, or is gone in PHP 8: one line a find. */

$tokens_since = array(
    'T_FINALLY', 'T_YIELD', 'T_YIELD_FROM', 'T_ELLIPSIS', 'T_POW', 'T_POW_EQUAL', 'T_COALESCE', 'T_COALESCE_EQUAL',
    'T_SPACESHIP', 'T_FN', 'T_MATCH', 'T_ATTRIBUTE', 'T_ENUM', 'T_READONLY', 'T_NULLSAFE_OBJECT_OPERATOR',
);
$functions = array(
    'array_column', 'hash_equals', 'intdiv', 'str_contains', 'str_starts_with', 'str_ends_with', 'array_key_first',
    'array_key_last', 'is_countable', 'is_iterable', 'random_int', 'password_hash', 'boolval', 'array_is_list',
    'each', 'create_function', 'mysql_query', 'money_format', 'get_magic_quotes_gpc', 'utf8_encode', 'strftime',
);
$types = array('int', 'float', 'string', 'bool', 'mixed', 'void', 'iterable', 'object', 'never');

function significant($content)
{
    $kept = array();
    foreach (token_get_all($content) as $token) {
        $token = is_array($token) ? array(token_name($token[0]), $token[1], $token[2]) : array('', $token, 0);
        if (!in_array($token[0], array('T_WHITESPACE', 'T_COMMENT', 'T_DOC_COMMENT'), true)) {
            $kept[] = $token;
        }
    }
    return $kept;
}

function finds($tokens, $tokens_since, $functions, $types)
{
    $found = array();
    $open = array();
    foreach ($tokens as $at => $token) {
        list($name, $text, $line) = $token;
        $next = isset($tokens[$at + 1]) ? $tokens[$at + 1][1] : '';
        $before = $at > 0 ? $tokens[$at - 1] : array('', '', 0);
        if (in_array($name, $tokens_since, true)) {
            $found[] = array($line, $name);
        }
        if ($name === 'T_STRING' && $next === '(' && in_array(strtolower($text), $functions, true)) {
            $found[] = array($line, $text . '()');
        }
        if ($name === 'T_STRING' && in_array(strtolower($text), $types, true) && $before[1] !== '\'') {
            $found[] = array($line, 'type ' . $text);
        }
        if ($text === '(') {
            $open[] = in_array($before[0], array('T_ARRAY', 'T_LIST'), true) ? 'array' : 'call';
        } elseif ($text === ')') {
            if (array_pop($open) === 'call' && $before[1] === ',') {
                $found[] = array($line, 'comma before )');
            }
            if ($next === ':' && isset($tokens[$at + 2]) && isset($tokens[$at + 3]) && $tokens[$at + 3][1] === '{') {
                $found[] = array($line, 'return type');
            }
        } elseif ($text === '[' && in_array($before[1], array(';', '{', '}', 'as'), true)) {
            $found[] = array($line, 'destructuring by []');
        }
        if ($name === 'T_CLASS' && $before[0] === 'T_DOUBLE_COLON') {
            $found[] = array($line, '::class');
        }
    }
    return $found;
}

foreach (array_slice($argv, 1) as $path) {
    foreach (finds(significant(file_get_contents($path)), $tokens_since, $functions, $types) as $find) {
        echo basename($path), ':', $find[0], ' ', $find[1], "\n";
    }
}
