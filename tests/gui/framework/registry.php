<?php
/*
 * The number registry with the module's hook beside core's: prints who has a number, and the conflicts, as JSON.
 * Arguments: the module's folder, the rows of the module's own table as JSON (or null: no such table), the number.
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
        return array_values(array_filter($this->rows, function ($row) {
            return $row['kind'] === 'extension';
        }));
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
));
