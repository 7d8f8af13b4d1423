<?php
/*
 * Run by module_admin uninstall. The page goes; the link stays, because calls depend on it.
 */
if (!defined('ISSABELPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

out('The link with OMniLeads stays. To take it away: issabel-omnileads remove');
