<?php
/*
 * Included by the framework on every page and on every reload, so it does nothing but answer the number registry.
 */

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
        if (in_array((string) $row['name'], array_map('strval', $exten), true)) {
            $found[$row['name']] = array(
                'description' => 'OMniLeads: ' . $row['link'],
                'status' => 'INUSE',
                'edit_url' => 'config.php?display=omnileads',
            );
        }
    }
    return $found;
}

/** The custom extensions that a link made, from the product's own table; none before the first apply. */
function omnileads_owned_extensions()
{
    global $db;

    $table = $db->getAll("SHOW TABLES LIKE 'issabel\\_omnileads'");
    if (!is_array($table) || count($table) === 0) {
        return array();
    }
    $rows = $db->getAll("SELECT name, link FROM issabel_omnileads WHERE kind = 'extension'", DB_FETCHMODE_ASSOC);
    return is_array($rows) ? $rows : array();
}
