<?php
/*
 * Runs the command issabel-omnileads. Its arguments are fixed words: what a user typed goes on standard input.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

require_once dirname(__FILE__) . '/links.inc.php';

if (!defined('OMNILEADS_COMMAND')) {
    define('OMNILEADS_COMMAND', '/usr/sbin/issabel-omnileads');
}

/** Runs one command and returns its JSON document with its exit code in `exit`; a failure to run is a finding too. */
function omnileads_run(array $arguments, $input = '')
{
    if (!is_executable(OMNILEADS_COMMAND)) {
        return omnileads_failure(sprintf(omnileads_text('%s is not there: install the package issabel-omnileads'), OMNILEADS_COMMAND));
    }
    $words = array_merge(array('--json', '--lang', omnileads_language()), omnileads_link_words($arguments));
    $command = array_merge(array(OMNILEADS_COMMAND), $arguments, $words);
    ignore_user_abort(true); // a closed browser must not leave an apply without its end
    list($exit, $output) = omnileads_execute($command, $input);
    $document = json_decode($output, true);
    if (!is_array($document)) {
        return omnileads_failure(sprintf(omnileads_text('The command gave no answer (exit code %d). Run it in a terminal to see why.'), $exit));
    }
    $document['exit'] = $exit;
    return $document + array('findings' => array(), 'changes' => array());
}

/** Exit code and standard output of a command. Standard input is a file, so that neither side waits for the other. */
function omnileads_execute(array $command, $input)
{
    $stdin = tmpfile();
    fwrite($stdin, $input);
    rewind($stdin);
    $streams = array($stdin, array('pipe', 'w'), array('file', '/dev/null', 'w'));
    $environment = array('PATH' => '/usr/sbin:/usr/bin:/sbin:/bin', 'LANG' => 'C.UTF-8');
    $process = proc_open(omnileads_line($command), $streams, $pipes, '/', $environment);
    if (!is_resource($process)) {
        return array(-1, '');
    }
    $output = stream_get_contents($pipes[1]);
    fclose($pipes[1]);
    return array(proc_close($process), $output);
}

/** A command as proc_open takes it: before PHP 7.4 a shell's line, every word of it quoted. */
function omnileads_line(array $command)
{
    return PHP_VERSION_ID >= 70400 ? $command : 'exec ' . implode(' ', array_map('escapeshellarg', $command));
}

/** A document that says only that something failed. */
function omnileads_failure($message)
{
    $finding = array('code' => 'page', 'severity' => 'error', 'message' => $message, 'hint' => '');
    return array('exit' => 1, 'findings' => array($finding), 'changes' => array());
}

/** The language in which the command speaks: the page's where it knows that, else English. */
function omnileads_language()
{
    $chosen = isset($_COOKIE['lang']) && is_string($_COOKIE['lang']) ? $_COOKIE['lang'] : omnileads_default_language();
    $wanted = substr($chosen, 0, 2);
    return in_array($wanted, array('es', 'pt'), true) ? $wanted : 'en';
}

/** This session's token. The framework's own check is of the Referer only, which may be absent or forged. */
function omnileads_token()
{
    if (empty($_SESSION['omnileads_token'])) {
        $bytes = function_exists('random_bytes') ? random_bytes(32) : openssl_random_pseudo_bytes(32);
        $_SESSION['omnileads_token'] = bin2hex($bytes);
    }
    return $_SESSION['omnileads_token'];
}

/** Whether the request bears the session's token. */
function omnileads_is_ours()
{
    $given = isset($_POST['omnileads_token']) ? $_POST['omnileads_token'] : '';
    // Hashed first, so that how long the comparison takes tells nothing (hash_equals came with PHP 5.6).
    return is_string($given) && $given !== '' && sha1($given . 'x') === sha1(omnileads_token() . 'x');
}
