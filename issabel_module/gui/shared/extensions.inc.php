<?php
/*
 * What the PBX's registries of numbers and destinations are told of the link's custom extensions. Included with every
 * page and every reload, so it does nothing but answer.
 */

/**
 * The custom extensions that a link made: number, link, and the name that the PBX has for it, null where it has none.
 * None before the first apply.
 */
function omnileads_owned_extensions()
{
    $table = omnileads_rows("SHOW TABLES LIKE 'issabel\\_omnileads'");
    $owned = count($table) ? omnileads_rows("SELECT name AS number, link FROM issabel_omnileads WHERE kind = 'extension'") : array();
    // Not by a join: the two tables may be of different collations, which MySQL refuses to compare.
    $names = array();
    foreach (count($owned) ? omnileads_rows('SELECT extension, name FROM users') : array() as $user) {
        $names['n' . $user['extension']] = $user['name'];
    }
    foreach ($owned as $at => $row) {
        $owned[$at]['name'] = isset($names['n' . $row['number']]) ? $names['n' . $row['number']] : null;
    }
    return $owned;
}

function omnileads_rows($statement)
{
    global $db;

    $rows = $db->getAll($statement, DB_FETCHMODE_ASSOC);
    return is_array($rows) ? $rows : array();
}

/**
 * Names our custom extensions when the GUI asks who has a number.
 *
 * Asked for numbers (somebody wants to create a ring group, a queue...), it names the link beside the extension that
 * core reports. Asked for everything (true), it says nothing: there core already lists these extensions, and the
 * framework takes a number that two modules list for a conflict; it would report ours as colliding with themselves.
 */
function omnileads_check_extensions($exten = true)
{
    if (!is_array($exten) || count($exten) === 0) {
        return array();
    }
    $found = array();
    foreach (omnileads_owned_extensions() as $row) {
        if (in_array((string) $row['number'], array_map('strval', $exten), true)) {
            $found[$row['number']] = array(
                'description' => 'OMniLeads: ' . $row['link'],
                'status' => 'INUSE',
                'edit_url' => 'config.php?display=omnileads',
            );
        }
    }
    return $found;
}

/**
 * As a user of the destinations that are our extensions: shown on an extension's page before somebody deletes it.
 *
 * Asked for everything (true), it says nothing: a reload asks so for destinations that lead nowhere, and it comes after
 * the rows of an extension that an apply takes away are gone, but before that is recorded; it would break the apply off.
 */
function omnileads_check_destinations($dest = true)
{
    $found = array();
    foreach (is_array($dest) && count($dest) ? omnileads_owned_extensions() : array() as $row) {
        $destination = omnileads_destination($row);
        if (in_array($destination, $dest, true)) {
            $found[] = array(
                'dest' => $destination,
                'description' => 'OMniLeads: ' . $row['link'],
                'edit_url' => 'config.php?display=omnileads',
            );
        }
    }
    return $found;
}

/** Where a call to one of our extensions goes, as core writes it: the choice stays good without this module. */
function omnileads_destination(array $row)
{
    return 'from-did-direct,' . $row['number'] . ',1';
}
