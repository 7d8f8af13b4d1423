<?php
/*
 * Run by module_admin install and upgrade. Touches no trunk, no table and no file: the page only calls the command.
 */
if (!defined('ISSABELPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

if (!is_executable('/usr/sbin/issabel-omnileads')) {
    out('/usr/sbin/issabel-omnileads is not there: install the package issabel-omnileads');
}
