<?php
/*
 * The page "OMniLeads" in IssabelPBX.
 */
if (!defined('ISSABELPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

require_once dirname(__FILE__) . '/product.inc.php';
require_once dirname(__FILE__) . '/page.inc.php';

omnileads_page();
