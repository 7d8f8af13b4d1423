<?php
/*
 * Which of the PBX's links the page is about: one for each OMniLeads. Names and paths come from the command `links`; what
 * a visitor sends is only compared with them.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** The link of this request (name, path, is_new), as the last call set it; null while none is chosen. */
function omnileads_link($link = false)
{
    static $chosen = null;
    if ($link !== false) {
        $chosen = $link;
    }
    return $chosen;
}

/** The words that say to a command which link it is about. */
function omnileads_link_words(array $arguments)
{
    $link = omnileads_link();
    if ($link === null) {
        return array();
    }
    $name = $link['is_new'] && $arguments[0] === 'init' ? array('--name', $link['name']) : array();
    return array_merge(array('--link', $link['path']), $name);
}

/** Chooses the link that the request names, else the only one; returns all of them. Where there is none a new one is. */
function omnileads_choose_link()
{
    omnileads_link(null);
    $answer = omnileads_run(array('links'));
    $links = isset($answer['links']) ? $answer['links'] : array();
    $wanted = omnileads_asked('link');
    foreach ($links as $link) {
        if ($link['name'] === $wanted || ($wanted === '' && omnileads_asked('new') !== 'yes' && count($links) === 1)) {
            omnileads_link(array('name' => $link['name'], 'path' => $link['path'], 'is_new' => false));
        }
    }
    if (isset($answer['new']) && (count($links) === 0 || ($wanted === '' && omnileads_asked('new') === 'yes'))) {
        omnileads_link($answer['new'] + array('is_new' => true));
    }
    return $links;
}

/** A new link that was saved is one of the links from then on. */
function omnileads_link_is_saved()
{
    $link = omnileads_link();
    omnileads_link(array('is_new' => false) + $link);
}

/** The links after something was done: one that is not among them any more is not the chosen one. */
function omnileads_links_again()
{
    $chosen = omnileads_link();
    omnileads_link(null);
    $answer = omnileads_run(array('links'));
    $links = isset($answer['links']) ? $answer['links'] : array();
    foreach ($links as $link) {
        if ($chosen !== null && $link['path'] === $chosen['path']) {
            omnileads_link(array('name' => $link['name'], 'path' => $link['path'], 'is_new' => false));
        }
    }
    if (omnileads_link() === null && ($chosen === null || $chosen['is_new'] || count($links) === 0)) {
        omnileads_link(count($links) === 0 && isset($answer['new']) ? $answer['new'] + array('is_new' => true) : $chosen);
    }
    return $links;
}

/** What the request says, by form or by address. */
function omnileads_asked($name)
{
    $given = isset($_POST[$name]) ? $_POST[$name] : (isset($_GET[$name]) ? $_GET[$name] : '');
    return is_string($given) ? trim($given) : '';
}

/** The hidden fields by which a form's answer is about the same link. */
function omnileads_view_link_fields()
{
    $link = omnileads_link();
    if ($link === null) {
        return '';
    }
    $field = $link['is_new'] ? array('new', 'yes') : array('link', $link['name']);
    return '<input type="hidden" name="' . $field[0] . '" value="' . omnileads_h($field[1]) . '">';
}

/** The links of this PBX, each to be opened, and the way to one more; nothing before there is a first one. */
function omnileads_view_links(array $links)
{
    if (count($links) === 0) {
        return '';
    }
    $chosen = omnileads_link();
    $rows = '';
    foreach ($links as $link) {
        $is_open = $chosen !== null && !$chosen['is_new'] && $chosen['name'] === $link['name'];
        $address = 'config.php?display=omnileads&amp;link=' . omnileads_h(rawurlencode($link['name']));
        $name = omnileads_h($link['name']);
        $rows .= '<tr data-link="' . $name . '"><td>' . ($is_open ? '<b>' . $name . '</b>' : '<a href="' . $address . '">' . $name . '</a>')
            . '</td><td>' . omnileads_h($link['omnileads']) . '</td><td>' . omnileads_view_findings($link['findings']) . '</td></tr>';
    }
    $head = count($links) > 1 ? '<h3>' . omnileads_text('Links of this PBX') . '</h3>' : '';
    $table = count($links) > 1 ? '<table class="' . omnileads_class('status') . '" id="omnileads-links">' . $rows . '</table>' : '';
    $new = '<p><a id="omnileads-new" href="config.php?display=omnileads&amp;new=yes">' . omnileads_text('Link another OMniLeads') . '</a></p>';
    return $head . $table . ($chosen !== null && $chosen['is_new'] ? '' : $new);
}

/** The box with which a link that is taken away is no longer listed either. */
function omnileads_view_forget()
{
    return '<label><input type="checkbox" name="forget" value="yes"> ' . omnileads_text('Delete its link file, too') . '</label> ';
}
