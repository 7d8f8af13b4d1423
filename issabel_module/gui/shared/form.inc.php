<?php
/*
 * Between the page's form and the link's values. What is allowed is decided by the command, in one place.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** A field of the form as text. */
function omnileads_field($name)
{
    return isset($_POST[$name]) && is_string($_POST[$name]) ? trim($_POST[$name]) : '';
}

/** The filled lines of a field. */
function omnileads_lines($name)
{
    $lines = array_map('trim', preg_split('/\r\n|\r|\n/', omnileads_field($name)));
    return array_values(array_filter($lines, 'strlen'));
}

/** The form as the sections and keys of a link file. */
function omnileads_posted_values()
{
    $from_directory = omnileads_field('from_directory') === 'yes' ? 'yes' : 'no';
    return array(
        'link' => array(
            'topology' => omnileads_field('topology'),
            'registers' => omnileads_field('registers'),
            'signalling' => omnileads_field('signalling'),
            'media' => omnileads_field('audio'),
        ),
        'pbx' => array(
            'address' => omnileads_field('pbx_address'),
            'sip_port' => omnileads_field('pbx_port'),
            'technology' => omnileads_field('technology'),
        ),
        'omnileads' => array(
            'address' => omnileads_field('oml_address'),
            'sip_port' => omnileads_field('oml_port'),
            'transport' => omnileads_field('transport'),
        ),
        'caller_id' => array('mode' => omnileads_field('caller_id')),
        'extensions' => array('from_directory' => $from_directory) + omnileads_posted_extensions(),
        'agents' => array('from_directory' => $from_directory, 'list' => omnileads_lines('agents')),
        'pbx_routes' => omnileads_posted_routes('pbx_routes'),
        'omnileads_routes' => omnileads_posted_routes('oml_routes'),
    );
}

/** Lines `number = send = name`; without `send` the number itself is sent. */
function omnileads_posted_extensions()
{
    $extensions = array();
    foreach (omnileads_lines('extensions') as $number => $line) {
        $parts = array_map('trim', explode('=', $line, 3));
        $send = isset($parts[1]) && $parts[1] !== '' ? $parts[1] : $parts[0];
        $name = isset($parts[2]) && $parts[2] !== '' ? $parts[2] : 'OML ' . $send;
        // Named by the line, not by the extension: PHP would make a number of 98, and one of two equal ones.
        $extensions['line ' . ($number + 1)] = array('number' => $parts[0], 'send' => $send, 'name' => $name);
    }
    return $extensions;
}

/** Lines `name = pattern, pattern`. */
function omnileads_posted_routes($field)
{
    $routes = array();
    foreach (omnileads_lines($field) as $line) {
        $parts = explode('=', $line, 2);
        $patterns = isset($parts[1]) ? array_map('trim', explode(',', $parts[1])) : array();
        $name = trim($parts[0]);
        $name .= isset($routes[$name]) ? ' (2)' : ''; // no name that the command lets through
        $routes[$name] = array('patterns' => array_values(array_filter($patterns, 'strlen')));
    }
    return (object) $routes; // an empty one too: PHP would make a list of it
}

/** The fields of the form for the values of a link. */
function omnileads_fields(array $values)
{
    $get = function ($section, $key) use ($values) {
        return isset($values[$section][$key]) && is_string($values[$section][$key]) ? $values[$section][$key] : '';
    };
    return array(
        'topology' => $get('link', 'topology'),
        'pbx_address' => $get('pbx', 'address'),
        'pbx_port' => $get('pbx', 'sip_port'),
        'technology' => $get('pbx', 'technology'),
        'oml_address' => $get('omnileads', 'address'),
        'oml_port' => $get('omnileads', 'sip_port'),
        'transport' => $get('omnileads', 'transport'),
        'caller_id' => $get('caller_id', 'mode'),
        'registers' => $get('link', 'registers'),
        'signalling' => $get('link', 'signalling'),
        'audio' => $get('link', 'media'),
        'from_directory' => $get('agents', 'from_directory'),
        'extensions' => implode("\n", omnileads_extension_lines($values)),
        'agents' => implode("\n", isset($values['agents']['list']) ? $values['agents']['list'] : array()),
        'pbx_routes' => implode("\n", omnileads_route_lines($values, 'pbx_routes')),
        'oml_routes' => implode("\n", omnileads_route_lines($values, 'omnileads_routes')),
    );
}

function omnileads_extension_lines(array $values)
{
    $lines = array();
    foreach (isset($values['extensions']) ? $values['extensions'] : array() as $extension) {
        if (is_array($extension)) {
            $lines[] = $extension['number'] . ' = ' . $extension['send'] . ' = ' . $extension['name'];
        }
    }
    return $lines;
}

function omnileads_route_lines(array $values, $section)
{
    $lines = array();
    foreach (isset($values[$section]) ? $values[$section] : array() as $name => $route) {
        $lines[] = $name . ' = ' . implode(', ', $route['patterns']);
    }
    return $lines;
}

/** The fields as they were posted, to be shown again beside what is wrong with them. */
function omnileads_posted_fields()
{
    $fields = array();
    foreach (array_keys(omnileads_fields(array())) as $name) {
        $fields[$name] = omnileads_field($name);
    }
    return $fields;
}
