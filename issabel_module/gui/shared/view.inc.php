<?php
/*
 * The page's HTML. Every text that is not a literal here goes through omnileads_h.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
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
    $html = '';
    foreach ($findings as $finding) {
        $severity = $finding['severity'];
        $hint = $finding['hint'] === '' ? '' : '<br><small>&rarr; ' . omnileads_h($finding['hint']) . '</small>';
        $html .= '<div class="' . omnileads_class('finding ' . $severity) . ' omnileads-finding" data-code="'
            . omnileads_h($finding['code']) . '" data-severity="' . omnileads_h($severity) . '">'
            . omnileads_h($finding['message']) . $hint . '</div>';
    }
    return $html;
}

/** What became of the last action; `$severity`: success, warning or error. */
function omnileads_view_notice($severity, $message)
{
    return '<div class="' . omnileads_class('notice ' . $severity) . '" id="omnileads-notice">' . omnileads_h($message) . '</div>';
}

/** The plan as a table: what each change makes of each cell. */
function omnileads_view_changes(array $changes, $id = 'changes')
{
    $html = '<table class="' . omnileads_class('changes') . '" id="omnileads-' . $id . '"><thead><tr><th>' . omnileads_text('Where') . '</th><th>'
        . omnileads_text('Before') . '</th><th>' . omnileads_text('After') . '</th></tr></thead>';
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
    return $html . '</table>' . ($more > 0 ? '<p>' . sprintf(omnileads_text('... and %d more changes'), $more) . '</p>' : '');
}

function omnileads_view_status(array $status)
{
    $html = '<table class="' . omnileads_class('status') . '" id="omnileads-status">';
    foreach (isset($status['side']) ? $status['side'] : array() as $name => $value) {
        $html .= '<tr><td>' . omnileads_h($name) . '</td><td>' . omnileads_h($value) . '</td></tr>';
    }
    $owned = isset($status['owned']) ? $status['owned'] : array();
    $html .= '<tr><td>' . omnileads_text('Made by this link') . '</td><td>'
        . omnileads_h(count($owned) ? implode(', ', array_slice($owned, 0, OMNILEADS_MOST_CHANGES)) : '-') . '</td></tr>';
    return omnileads_view_findings($status['findings']) . $html . '</table>';
}

/** A form with nothing but a button (and what `$inside` adds); `$look` says what kind of button. */
function omnileads_view_button($action, $label, $look = 'button', $inside = '')
{
    return '<form method="post" action="config.php?display=omnileads" class="omnileads-form" style="display:inline-block">'
        . omnileads_view_hidden($action) . $inside
        . '<button class="' . omnileads_class($look) . '" type="submit" id="omnileads-' . $action . '">' . $label . '</button></form> ';
}

function omnileads_view_hidden($action)
{
    return '<input type="hidden" name="action" value="' . $action . '">' . omnileads_view_link_fields()
        . '<input type="hidden" name="omnileads_token" value="' . omnileads_h(omnileads_token()) . '">';
}

/** The word more that a plan of this size needs. */
function omnileads_view_force()
{
    return '<label><input type="checkbox" name="force" value="yes"> ' . omnileads_text('Yes, change that much') . '</label> ';
}

/** OML's directory, pasted, for links whose extensions follow from it. */
function omnileads_view_directory($directory)
{
    return '<p>' . omnileads_text('Directory of OMniLeads (what its command "pbx_link directory" prints)') . '</p>'
        . '<textarea class="' . omnileads_class('area') . '" name="directory" rows="4" cols="60">' . omnileads_h($directory) . '</textarea><br>';
}

/** The steps of a call's way with what was seen at each, below the one sentence. */
function omnileads_view_diagnosis(array $answer)
{
    $rows = '';
    $sights = isset($answer['diagnosis']['sights']) ? $answer['diagnosis']['sights'] : array();
    foreach ($sights as $sight) {
        $sign = $sight['ok'] === null ? '-' : ($sight['ok'] ? 'ok' : '!!');
        $rows .= '<tr><td>' . $sign . '</td><td>' . omnileads_h($sight['direction']) . '</td><td>' . omnileads_h($sight['title'])
            . '</td><td>' . omnileads_h($sight['seen']) . '</td></tr>';
    }
    return omnileads_view_findings($answer['findings']) . '<table id="omnileads-diagnosis">' . $rows . '</table>';
}

function omnileads_view_code($code)
{
    return '<p>' . omnileads_text('Paste this in OMniLeads. It holds the secret: do not send it where others can read it.') . '</p>'
        . '<textarea class="' . omnileads_class('area') . '" id="omnileads-link-code" rows="6" cols="90" readonly>' . omnileads_h($code) . '</textarea>';
}

/** What can be done with a link that is configured; `$asks`: whether it asks OMniLeads for its directory by itself. */
function omnileads_view_actions($directory, $needs_directory, $asks)
{
    $confirm = '<label><input type="checkbox" name="confirm" value="yes"> '
        . omnileads_text('Yes, take the trunk, the extensions and the routes of this link away') . '</label> ';
    return omnileads_view_button('plan', omnileads_text('Show plan'), 'button main', $needs_directory ? omnileads_view_directory($directory) : '')
        . ($asks ? omnileads_view_button('sync', omnileads_text('Synchronise with OMniLeads now')) : '')
        . omnileads_view_button('verify', omnileads_text('Try a call'))
        . omnileads_view_button('diagnose', omnileads_text('Say why calls fail'), 'button', '<input type="text" name="number" size="14" placeholder="'
            . omnileads_text('number (may be empty)') . '"> ')
        . omnileads_view_button('code', omnileads_text('Show link code'))
        . '<details><summary style="display:list-item;cursor:pointer">' . omnileads_text('Remove the link from this PBX') . '</summary>'
        . omnileads_view_button('remove', omnileads_text('Remove'), 'button remove', $confirm . omnileads_view_forget()) . '</details>';
}

function omnileads_view_form(array $fields)
{
    $lines = array(
        omnileads_view_select('topology', omnileads_text('Topology'), array(
            'lan' => omnileads_text('OMniLeads on its own host'),
            'docker' => omnileads_text('OMniLeads in Docker on this host'),
            'wan' => omnileads_text('OMniLeads in the cloud'),
        ), $fields),
        omnileads_view_text('pbx_address', omnileads_text('Address of this PBX, as OMniLeads sees it'), $fields),
        omnileads_view_select('technology', omnileads_text('Channel driver'), array(
            'auto' => omnileads_text('chan_sip where it is loaded, else pjsip'), 'sip' => 'chan_sip', 'pjsip' => 'pjsip',
        ), $fields),
        omnileads_view_text('pbx_port', omnileads_text('SIP port of this PBX (empty: where it listens)'), $fields),
        omnileads_view_text('oml_address', omnileads_text('Address of OMniLeads'), $fields),
        omnileads_view_text('oml_port', omnileads_text('SIP port of OMniLeads (empty: the usual one)'), $fields),
        omnileads_view_text('transport', omnileads_text('Transport of OMniLeads (empty: the usual one)'), $fields),
        omnileads_view_select('caller_id', omnileads_text('Caller ID'), array(
            'keep' => omnileads_text('the far side sees the caller'), 'trunk' => omnileads_text('the far side sees the trunk'),
        ), $fields),
        omnileads_view_area('extensions', omnileads_text('Custom extensions, one a line: number = DID = name'), $fields),
        omnileads_view_area('agents', omnileads_text('Agents, one a line: SIP extension:id:name'), $fields),
        omnileads_view_check('from_directory', omnileads_text('Extensions for every DID and agent of the OMniLeads directory'), $fields),
        omnileads_view_area('pbx_routes', omnileads_text('Outbound routes to OMniLeads, one a line: name = patterns'), $fields),
        omnileads_view_area('oml_routes', omnileads_text('Outbound routes of OMniLeads to this PBX, one a line: name = patterns'), $fields),
        omnileads_view_check('new_secret', omnileads_text('New secret (apply on both sides afterwards)'), array('new_secret' => 'no')),
    );
    return '<form method="post" action="config.php?display=omnileads" id="omnileads-configuration" class="omnileads-form">'
        . omnileads_view_hidden('configure') . '<table class="' . omnileads_class('form') . '">' . implode('', $lines) . '</table>'
        . '<button class="' . omnileads_class('button main') . '" type="submit" id="omnileads-configure">' . omnileads_text('Save and show plan') . '</button></form>';
}

function omnileads_view_row($name, $label, $control)
{
    return '<tr><td><label for="omnileads-' . $name . '">' . $label . '</label></td><td>' . $control . '</td></tr>';
}

function omnileads_view_text($name, $label, array $fields)
{
    return omnileads_view_row($name, $label, '<input class="' . omnileads_class('text') . '" type="text" id="omnileads-' . $name . '" name="' . $name
        . '" value="' . omnileads_h($fields[$name]) . '">');
}

function omnileads_view_area($name, $label, array $fields)
{
    return omnileads_view_row($name, $label, '<textarea class="' . omnileads_class('area') . '" rows="4" cols="60" id="omnileads-' . $name . '" name="'
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
    return omnileads_view_row($name, $label, '<select class="' . omnileads_class('select') . '" id="omnileads-' . $name . '" name="' . $name . '">'
        . $options . '</select>');
}
