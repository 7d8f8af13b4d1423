<?php
/*
 * The registries of numbers and destinations with the module's hooks beside core's: prints as JSON who has a number, the
 * conflicts, who uses the number as a destination, and which destinations the module offers (none: it has no such hook).
 * Arguments: the module's folder, the rows of the module's own table as JSON (or null: no such table), the number. The
 * PBX itself has the extension 098098 and no other.
 */
require __DIR__ . '/functions.php';
define('DB_FETCHMODE_ASSOC', 2);

class StandinDatabase
{
    private $rows;

    public function __construct($rows)
    {
        $this->rows = $rows;
    }

    public function getAll($statement)
    {
        if (strpos($statement, 'SHOW TABLES') === 0) {
            return $this->rows === null ? array() : array(array('issabel_omnileads'));
        }
        if ($this->rows === null) {
            throw new Exception('no such table');
        }
        if (strpos($statement, ' FROM users') !== false) {
            return array(array('extension' => '098098', 'name' => 'Ventas <1>'));
        }
        $extensions = array_values(array_filter($this->rows, function ($row) {
            return $row['kind'] === 'extension';
        }));
        return array_map(function ($row) {
            return array('number' => $row['name'], 'link' => $row['link']);
        }, $extensions);
    }
}

function core_check_extensions($numbers = true)
{
    $all = array('098098' => array('description' => 'User Extension: OML camp1', 'status' => 'INUSE', 'edit_url' => 'x'));
    return $numbers === true ? $all : array_intersect_key($all, array_flip($numbers));
}

$db = new StandinDatabase(json_decode($argv[2], true));
require $argv[1] . '/functions.inc.php';
$modules = array('core', 'omnileads');
echo json_encode(array(
    'usage' => standin_extension_usage(array($argv[3]), $modules),
    'conflicts' => standin_conflicts($modules),
    'used_by' => omnileads_check_destinations(array('from-did-direct,' . $argv[3] . ',1')),
    'all_used' => omnileads_check_destinations(true),
    'offered' => function_exists('omnileads_destinations') ? omnileads_destinations() : array(),
    'known' => function_exists('omnileads_getdestinfo') ? omnileads_getdestinfo('from-did-direct,' . $argv[3] . ',1') : false,
));
