<?php
/*
 * What a backup of the PBX carries of the link (FreePBX 15 and later): link files, journal folder, own table.
 */

namespace FreePBX\modules\Omnileads;

use FreePBX\modules\Backup as Base;
use FreePBX\modules\Omnileads as Module;

class Backup extends Base\BackupBase
{
    public function runBackup($id, $transaction)
    {
        $this->FreePBX->Omnileads; // loads its class, which no autoloader finds
        $this->addDependency('Core');
        foreach (array_merge(Module::linkFiles(), glob(Module::JOURNAL . '/*.journal')) as $path) {
            if (is_file($path)) {
                $this->addFile(basename($path), dirname($path), '', dirname($path) === Module::JOURNAL ? 'journal' : 'link');
            }
        }
        $this->addConfigs($this->table() + array('has_link' => count(Module::linkFiles()) > 0));
    }

    /** The statement that makes the own table, and its rows; none of both before the first apply. */
    private function table()
    {
        $database = $this->FreePBX->Database;
        if (!$database->query("SHOW TABLES LIKE 'issabel\\_omnileads'")->fetch()) {
            return array('create' => '', 'rows' => array());
        }
        $create = $database->query('SHOW CREATE TABLE ' . Module::TABLE)->fetch(\PDO::FETCH_NUM);
        $rows = $database->query('SELECT link, kind, name, image FROM ' . Module::TABLE)->fetchAll(\PDO::FETCH_ASSOC);
        return array('create' => $create[1], 'rows' => $rows);
    }
}
