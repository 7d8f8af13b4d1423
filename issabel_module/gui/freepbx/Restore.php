<?php
/*
 * Puts back what Backup.php saved. It applies nothing: trunk, extensions and routes are core's to restore, and what then
 * differs from the link is shown by `status` and the page.
 */

namespace FreePBX\modules\Omnileads;

use FreePBX\modules\Backup as Base;
use FreePBX\modules\Omnileads as Module;

class Restore extends Base\RestoreBase
{
    /** The framework would uninstall and install the module; it keeps nothing that this would empty. */
    public function reset()
    {
    }

    public function runRestore()
    {
        $this->FreePBX->Omnileads; // loads its class, which no autoloader finds
        if (glob(Module::JOURNAL . '/*.journal')) {
            $this->log('OMniLeads: an unfinished run is to be recovered first (issabel-omnileads recover). Nothing restored', 'ERROR');
            return;
        }
        $saved = $this->getConfigs();
        $this->restoreTable($saved['create'], $saved['rows']);
        foreach ($this->getFiles() as $file) {
            $folder = $file->getType() === 'journal' ? Module::JOURNAL : dirname(Module::LINK_FILE);
            $this->restoreFile($file->getPathname(), $folder . '/' . basename($file->getFilename()));
        }
        $this->log('OMniLeads: link file, journal and own table restored; nothing applied. See: issabel-omnileads status');
    }

    public function processLegacy($pdo, $data, $tables, $unknownTables)
    {
        $this->log('OMniLeads: backups of FreePBX 14 and older hold nothing of the link');
    }

    /** Not by the framework's importTables: that unescapes \" and \n in cells, and these cells are JSON. */
    private function restoreTable($create, array $rows)
    {
        $database = $this->FreePBX->Database;
        if ($create === '' || strpos($create, 'CREATE TABLE `' . Module::TABLE . '`') !== 0) {
            return;
        }
        if (!$database->query("SHOW TABLES LIKE 'issabel\\_omnileads'")->fetch()) {
            $database->query($create);
        }
        $database->beginTransaction();
        $database->query('DELETE FROM ' . Module::TABLE);
        $insert = $database->prepare('INSERT INTO ' . Module::TABLE . ' (link, kind, name, image) VALUES (?, ?, ?, ?)');
        foreach ($rows as $row) {
            $insert->execute(array($row['link'], $row['kind'], $row['name'], $row['image']));
        }
        $database->commit();
    }

    /** In one step, so that no reader sees half of it; it holds the secret and is the folder's owner's alone. */
    private function restoreFile($from, $to)
    {
        $fresh = $to . '.restored';
        $mask = umask(0077);
        $is_there = copy($from, $fresh) && chmod($fresh, 0600);
        umask($mask);
        @chown($fresh, fileowner(dirname($to))); // as root; any other user is the owner or cannot write here at all
        @chgrp($fresh, filegroup(dirname($to)));
        if (!$is_there || !rename($fresh, $to)) {
            @unlink($fresh);
            throw new \Exception(sprintf('OMniLeads: %s cannot be written', $to));
        }
    }
}
