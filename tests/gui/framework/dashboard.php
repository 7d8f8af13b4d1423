<?php
/*
 * The module's class before a stand-in of FreePBX's dashboard: prints as JSON what stands there at the end. Arguments:
 * the module's folder, and a JSON list of what happened: a list of findings (what `status` found), null (no link), or
 * a number (the exit code of a timer's run).
 */
define('FREEPBX_IS_AUTH', 'TRUE');
require __DIR__ . '/freepbx.php';
require $argv[1] . '/Omnileads.class.php';

class StandinNotifications
{
    public $shown = array();

    public function delete($module, $id)
    {
        unset($this->shown[$module . $id]);
    }

    public function add_warning($module, $id, $title, $text, $link, $reset, $can_delete)
    {
        $this->shown[$module . $id] = array('id' => $id, 'level' => 'warning', 'title' => $title, 'text' => $text);
    }
}

$pbx = new stdClass();
$pbx->Notifications = new StandinNotifications();
$module = new FreePBX\modules\Omnileads($pbx);
foreach (json_decode($argv[2], true) as $state) {
    if (is_int($state)) {
        $module->tellTimer($state);
    } else {
        $module->tellStatus($state === null ? null : array('findings' => $state));
    }
}
echo json_encode(array_values($pbx->Notifications->shown));
