<?php
/*
 * The page's HTML. Every text that is not a literal here goes through omnileads_h.
 */
if (!defined('ISSABELPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

define('OMNILEADS_MOST_CHANGES', 200);

/** A text made harmless for HTML, attributes included. */
function omnileads_h($text)
{
    return htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

function omnileads_view_findings(array $findings)
{
    $classes = array('error' => 'is-danger', 'warning' => 'is-warning', 'info' => 'is-info');
    $html = '';
    foreach ($findings as $finding) {
        $severity = $finding['severity'];
        $class = isset($classes[$severity]) ? $classes[$severity] : 'is-info';
        $hint = $finding['hint'] === '' ? '' : '<br><small>&rarr; ' . omnileads_h($finding['hint']) . '</small>';
        $html .= '<div class="notification is-light ' . $class . ' omnileads-finding" data-code="'
            . omnileads_h($finding['code']) . '" data-severity="' . omnileads_h($severity) . '">'
            . omnileads_h($finding['message']) . $hint . '</div>';
    }
    return $html;
}

function omnileads_view_notice($class, $message)
{
    return '<div class="notification ' . $class . '" id="omnileads-notice">' . omnileads_h($message) . '</div>';
}

/** The plan as a table: what each change makes of each cell. */
function omnileads_view_changes(array $changes)
{
    $html = '<table class="table is-narrow is-bordered" id="omnileads-changes"><thead><tr><th>' . __('Where') . '</th><th>'
        . __('Before') . '</th><th>' . __('After') . '</th></tr></thead>';
    foreach (array_slice($changes, 0, OMNILEADS_MOST_CHANGES) as $change) {
        $html .= '<tbody data-action="' . omnileads_h($change['action']) . '"><tr><th colspan="3">'
            . omnileads_h($change['title']) . '</th></tr>';
        foreach ($change['cells'] as $cell) {
            $html .= '<tr><td>' . omnileads_h($cell['table'] . ' ' . $cell['name']) . '</td><td>'
                . omnileads_h($cell['before']) . '</td><td>' . omnileads_h($cell['after']) . '</td></tr>';
        }
        $html .= '</tbody>';
    }
    $more = count($changes) - OMNILEADS_MOST_CHANGES;
    return $html . '</table>' . ($more > 0 ? '<p>' . sprintf(__('... and %d more changes'), $more) . '</p>' : '');
}

function omnileads_view_status(array $status)
{
    $html = '<table class="table is-narrow" id="omnileads-status">';
    foreach (isset($status['side']) ? $status['side'] : array() as $name => $value) {
        $html .= '<tr><td>' . omnileads_h($name) . '</td><td>' . omnileads_h($value) . '</td></tr>';
    }
    $owned = isset($status['owned']) ? $status['owned'] : array();
    $html .= '<tr><td>' . __('Made by this link') . '</td><td>'
        . omnileads_h(count($owned) ? implode(', ', array_slice($owned, 0, OMNILEADS_MOST_CHANGES)) : '-') . '</td></tr>';
    return omnileads_view_findings($status['findings']) . $html . '</table>';
}

/** A form with nothing but a button (and what `$inside` adds). */
function omnileads_view_button($action, $label, $class = '', $inside = '')
{
    return '<form method="post" action="config.php?display=omnileads" class="omnileads-form" style="display:inline-block">'
        . omnileads_view_hidden($action) . $inside
        . '<button class="button ' . $class . '" type="submit" id="omnileads-' . $action . '">' . $label . '</button></form> ';
}

function omnileads_view_hidden($action)
{
    return '<input type="hidden" name="action" value="' . $action . '">'
        . '<input type="hidden" name="omnileads_token" value="' . omnileads_h(omnileads_token()) . '">';
}

/** The word more that a plan of this size needs. */
function omnileads_view_force()
{
    return '<label><input type="checkbox" name="force" value="yes"> ' . __('Yes, change that much') . '</label> ';
}

/** OML's directory, pasted, for links whose extensions follow from it. */
function omnileads_view_directory($directory)
{
    return '<p>' . __('Directory of OMniLeads (what its command "pbx_link directory" prints)') . '</p>'
        . '<textarea class="textarea" name="directory" rows="4" cols="60">' . omnileads_h($directory) . '</textarea><br>';
}

function omnileads_view_code($code)
{
    return '<p>' . __('Paste this in OMniLeads. It holds the secret: do not send it where others can read it.') . '</p>'
        . '<textarea class="textarea" id="omnileads-link-code" rows="6" cols="90" readonly>' . omnileads_h($code) . '</textarea>';
}

/** What can be done with a link that is configured; `$asks`: whether it asks OMniLeads for its directory by itself. */
function omnileads_view_actions($directory, $needs_directory, $asks)
{
    $confirm = '<label><input type="checkbox" name="confirm" value="yes"> '
        . __('Yes, take the trunk, the extensions and the routes of this link away') . '</label> ';
    return omnileads_view_button('plan', __('Show plan'), 'is-link', $needs_directory ? omnileads_view_directory($directory) : '')
        . ($asks ? omnileads_view_button('sync', __('Synchronise with OMniLeads now')) : '')
        . omnileads_view_button('verify', __('Try a call'))
        . omnileads_view_button('code', __('Show link code'))
        . '<details><summary>' . __('Remove the link from this PBX') . '</summary>'
        . omnileads_view_button('remove', __('Remove'), 'is-danger', $confirm) . '</details>';
}

function omnileads_view_form(array $fields)
{
    $lines = array(
        omnileads_view_select('topology', __('Topology'), array(
            'lan' => __('OMniLeads on its own host'),
            'docker' => __('OMniLeads in Docker on this host'),
            'wan' => __('OMniLeads in the cloud'),
        ), $fields),
        omnileads_view_text('pbx_address', __('Address of this PBX, as OMniLeads sees it'), $fields),
        omnileads_view_select('technology', __('Channel driver'), array(
            'auto' => __('chan_sip where it is loaded, else pjsip'), 'sip' => 'chan_sip', 'pjsip' => 'pjsip',
        ), $fields),
        omnileads_view_text('pbx_port', __('SIP port of this PBX (empty: where it listens)'), $fields),
        omnileads_view_text('oml_address', __('Address of OMniLeads'), $fields),
        omnileads_view_text('oml_port', __('SIP port of OMniLeads (empty: the usual one)'), $fields),
        omnileads_view_text('transport', __('Transport of OMniLeads (empty: the usual one)'), $fields),
        omnileads_view_select('caller_id', __('Caller ID'), array(
            'keep' => __('the far side sees the caller'), 'trunk' => __('the far side sees the trunk'),
        ), $fields),
        omnileads_view_area('extensions', __('Custom extensions, one a line: number = DID = name'), $fields),
        omnileads_view_area('agents', __('Agents, one a line: SIP extension:id:name'), $fields),
        omnileads_view_check('from_directory', __('Extensions for every DID and agent of the OMniLeads directory'), $fields),
        omnileads_view_area('pbx_routes', __('Outbound routes to OMniLeads, one a line: name = patterns'), $fields),
        omnileads_view_area('oml_routes', __('Outbound routes of OMniLeads to this PBX, one a line: name = patterns'), $fields),
        omnileads_view_check('new_secret', __('New secret (apply on both sides afterwards)'), array('new_secret' => 'no')),
    );
    return '<form method="post" action="config.php?display=omnileads" id="omnileads-configuration" class="omnileads-form">'
        . omnileads_view_hidden('configure') . '<table class="table is-borderless is-narrow">' . implode('', $lines) . '</table>'
        . '<button class="button is-link" type="submit" id="omnileads-configure">' . __('Save and show plan') . '</button></form>';
}

function omnileads_view_row($name, $label, $control)
{
    return '<tr><td><label for="omnileads-' . $name . '">' . $label . '</label></td><td>' . $control . '</td></tr>';
}

function omnileads_view_text($name, $label, array $fields)
{
    return omnileads_view_row($name, $label, '<input class="input w100" type="text" id="omnileads-' . $name . '" name="' . $name
        . '" value="' . omnileads_h($fields[$name]) . '">');
}

function omnileads_view_area($name, $label, array $fields)
{
    return omnileads_view_row($name, $label, '<textarea class="textarea" rows="4" cols="60" id="omnileads-' . $name . '" name="'
        . $name . '">' . "\n" . omnileads_h($fields[$name]) . '</textarea>');
}

function omnileads_view_check($name, $label, array $fields)
{
    return omnileads_view_row($name, $label, '<input type="checkbox" value="yes" id="omnileads-' . $name . '" name="' . $name . '"'
        . ($fields[$name] === 'yes' ? ' checked' : '') . '>');
}

function omnileads_view_select($name, $label, array $choices, array $fields)
{
    $options = '';
    foreach ($choices as $value => $text) {
        $options .= '<option value="' . $value . '"' . ($fields[$name] === $value ? ' selected' : '') . '>' . $text . '</option>';
    }
    return omnileads_view_row($name, $label, '<select class="componentSelect" id="omnileads-' . $name . '" name="' . $name . '">'
        . $options . '</select>');
}
