<?php
/*
 * The page "OMniLeads" in FreePBX. What it finds about the link is on the dashboard, too.
 */
if (!defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

require_once dirname(__FILE__) . '/product.inc.php';
require_once dirname(__FILE__) . '/page.inc.php';

$status = omnileads_page();
if ($status !== false) { // of several links each page knows one: the timer tells of all
    FreePBX::Omnileads()->tellStatus($status);
}
