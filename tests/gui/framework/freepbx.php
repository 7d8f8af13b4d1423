<?php
/* Stand-in of what the module asks of FreePBX beside what `functions.php` has: its names, as they are in 13 to 17. */
require_once __DIR__ . '/functions.php';

interface BMO
{
}

class modgettext
{
    public static function _($text, $module)
    {
        return __($text);
    }
}

class FreePBX
{
    public static function Config()
    {
        return new FreePBX();
    }

    public function get($name)
    {
        return 'en_US';
    }

    /** In place of the module's object: shows on the page how many findings it was told of. */
    public static function Omnileads()
    {
        return new FreePBX();
    }

    public function tellStatus($status)
    {
        echo '<p id="told">', $status === null ? 'no link' : count($status['findings']), '</p>';
    }
}
