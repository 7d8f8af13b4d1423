<?php
/*
 * Included by the framework on every page and on every reload: the hooks by which it asks a module.
 */
require_once dirname(__FILE__) . '/extensions.inc.php';

/** Our extensions in every drop-down of destinations, as a group of their own. */
function omnileads_destinations()
{
    $destinations = array();
    foreach (array_filter(omnileads_owned_extensions(), 'omnileads_is_there') as $row) {
        $destinations[] = array(
            'destination' => omnileads_destination($row),
            'description' => htmlspecialchars(omnileads_title($row), ENT_QUOTES, 'UTF-8'), // the drop-down takes HTML
            'category' => 'OMniLeads',
            'id' => 'omnileads',
        );
    }
    return $destinations;
}

/** What a destination is, where it is ours. */
function omnileads_getdestinfo($dest)
{
    foreach (array_filter(omnileads_owned_extensions(), 'omnileads_is_there') as $row) {
        if (omnileads_destination($row) === trim($dest)) {
            return array('description' => omnileads_title($row), 'edit_url' => 'config.php?display=omnileads');
        }
    }
    return false;
}

/** Whether the PBX still has the extension. */
function omnileads_is_there(array $row)
{
    return $row['name'] !== null;
}

function omnileads_title(array $row)
{
    return 'OMniLeads: ' . $row['name'] . ' (' . $row['number'] . ')';
}

/** An extension's page, which tells by itself of no use as a destination, tells of ours and all others. */
function omnileads_configpageinit($page)
{
    global $currentcomponent;

    if (in_array($page, array('extensions', 'users'), true) && omnileads_shown_extension() !== null) {
        $currentcomponent->addguifunc('omnileads_configpageload');
    }
}

function omnileads_configpageload()
{
    global $currentcomponent;

    $row = omnileads_shown_extension();
    if ($row !== null) {
        $usage = FreePBX::View()->destinationUsage(array(omnileads_destination($row)));
        $currentcomponent->addguielem('_top', new gui_html('omnileads_usage', $usage));
    }
}

/** The extension of ours whose page was asked for; null for any other. */
function omnileads_shown_extension()
{
    $number = isset($_REQUEST['extdisplay']) && is_string($_REQUEST['extdisplay']) ? $_REQUEST['extdisplay'] : '';
    foreach ($number === '' ? array() : omnileads_owned_extensions() as $row) {
        if ((string) $row['number'] === $number) {
            return $row;
        }
    }
    return null;
}
