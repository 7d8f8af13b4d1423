<?php
/*
 * The module as FreePBX's object: what installing it does, which files are the web server's, what the dashboard says.
 */

namespace FreePBX\modules;

/** Not one of \FreePBX_Helpers: those get a table of their own, which stays behind. */
class Omnileads implements \BMO
{
    const LINK_FILE = '/etc/issabel-omnileads/link.conf';
    const JOURNAL = '/var/lib/issabel-omnileads/journal';
    const TABLE = 'issabel_omnileads';
    const TIMER_LOG = '/var/log/issabel-omnileads/timer.log';

    private $freepbx;

    public function __construct($freepbx = null)
    {
        $this->freepbx = $freepbx;
        require_once __DIR__ . '/product.inc.php';
        require_once __DIR__ . '/command.inc.php';
    }

    /** Touches no trunk, no table and no file: the page only calls the command. */
    public function install()
    {
        if (!is_executable(OMNILEADS_COMMAND)) {
            out(sprintf(omnileads_text('%s is not there: install the package issabel-omnileads'), OMNILEADS_COMMAND));
        }
    }

    /** The page goes; the link stays, because calls depend on it. */
    public function uninstall()
    {
        $this->freepbx->Notifications->delete('omnileads', 'STATUS');
        $this->freepbx->Notifications->delete('omnileads', 'TIMER');
        out(omnileads_text('The link with OMniLeads stays. To take it away: issabel-omnileads remove'));
    }

    /** Up to FreePBX 14 every module has these three; from 15 on Backup.php and Restore.php do that work. */
    public function backup()
    {
    }

    public function restore($backup)
    {
    }

    public function doConfigPageInit($page)
    {
    }

    /** Hook of `fwconsole chown`: what root made there must stay the web server's to read. */
    public function chownFreepbx()
    {
        $found = array(
            array('type' => 'dir', 'path' => dirname(self::LINK_FILE), 'perms' => 0750),
            array('type' => 'dir', 'path' => self::JOURNAL, 'perms' => 0700),
        );
        foreach (self::linkFiles() as $path) {
            $found[] = array('type' => 'file', 'path' => $path, 'perms' => 0600);
        }
        return $found;
    }

    /** Puts errors and drift that `status` found on the dashboard, or takes them off; null: there is no link. */
    public function tellStatus($status)
    {
        $told = array();
        foreach ($status === null ? array() : $status['findings'] as $finding) {
            if ($finding['severity'] === 'error' || strpos($finding['code'], 'drift.') === 0) {
                $told[] = $finding['message'] . ($finding['hint'] === '' ? '' : ' → ' . $finding['hint']);
            }
        }
        $title = sprintf(omnileads_text('The link with OMniLeads wants attention (findings: %d)'), count($told));
        $this->tell('STATUS', count($told) > 0, $title, implode("\n", $told));
    }

    /** Tells how the timer's last run ended, by its exit code, and of the link as it is now. */
    public function tellTimer($exit)
    {
        $title = sprintf(omnileads_text('The last run of issabel-omnileads.timer ended with exit code %d'), $exit);
        $where = sprintf(omnileads_text('What it said is in %s'), self::TIMER_LOG);
        $this->tell('TIMER', $exit !== 0, $title, $where);
        $this->tellStatus($this->statusOfAll());
    }

    /** The link files, one for each OMniLeads. */
    public static function linkFiles()
    {
        return glob(dirname(self::LINK_FILE) . '/*.conf');
    }

    /** What `status` finds of all links together; null: there is none. */
    private function statusOfAll()
    {
        if (!count(self::linkFiles())) {
            return null;
        }
        $findings = array();
        $all = omnileads_run(array('status', '--all', dirname(self::LINK_FILE)));
        foreach (isset($all['runs']) ? $all['runs'] : array($all + array('document' => $all)) as $run) {
            $findings = array_merge($findings, $run['document']['findings']);
        }
        return array('findings' => $findings);
    }

    private function tell($id, $is_wrong, $title, $text)
    {
        $this->freepbx->Notifications->delete('omnileads', $id);
        if ($is_wrong) {
            $text = nl2br(htmlspecialchars($text, ENT_QUOTES, 'UTF-8')); // the dashboard takes HTML
            $this->freepbx->Notifications->add_warning('omnileads', $id, $title, $text, '?display=omnileads', false, true);
        }
    }
}
