<?php
/*
 * Stand-in of the PBX's framework for PHP's own server: what the page needs of it, as recorded and no more.
 * The environment says where the module is (STANDIN_MODULE), of which product (STANDIN_PRODUCT) and what its command is
 * (STANDIN_COMMAND).
 */
require __DIR__ . '/functions.php';
$is_freepbx = getenv('STANDIN_PRODUCT') === 'freepbx';
if ($is_freepbx) {
    require __DIR__ . '/freepbx.php';
}

session_start();
$display = isset($_REQUEST['display']) ? $_REQUEST['display'] : '';
$action = isset($_REQUEST['action']) ? $_REQUEST['action'] : '';

// Warnings of the page are a test's business: they must not be seen in passing only.
set_error_handler(function ($level, $message, $file, $line) {
    echo '<p class="php-problem">', htmlspecialchars("$message in $file:$line"), '</p>';
    return true;
});

// The framework's only protection against forged requests: the Referer, and only where `action` is not empty.
$referer = isset($_SERVER['HTTP_REFERER']) ? parse_url($_SERVER['HTTP_REFERER']) : array('host' => '');
if ($action !== '' && $referer['host'] !== $_SERVER['SERVER_NAME']) {
    die('<p id="badrefer">Invalid Referrer</p>');
}
if (empty($_GET['anonymous'])) {
    define($is_freepbx ? 'FREEPBX_IS_AUTH' : 'ISSABELPBX_IS_AUTH', 'TRUE');
}
define('OMNILEADS_COMMAND', getenv('STANDIN_COMMAND'));
standin_use_language(getenv('STANDIN_MODULE'), isset($_COOKIE['lang']) ? $_COOKIE['lang'] : 'en_US');

echo '<!DOCTYPE html><html><head><meta charset="utf-8"><title>stand-in</title><link rel="stylesheet" href="look.css"></head><body>';
if ($display === 'omnileads') {
    include getenv('STANDIN_MODULE') . '/page.omnileads.php';
}
echo '</body></html>';
