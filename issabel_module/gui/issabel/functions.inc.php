<?php
/*
 * Included by the framework on every page and on every reload: the hooks by which it asks a module.
 */
require_once dirname(__FILE__) . '/extensions.inc.php';
