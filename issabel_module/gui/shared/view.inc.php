<?php
/*
 * The page's HTML. Every text that is not a literal here goes through omnileads_h.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

define('OMNILEADS_MOST_CHANGES', 200);
define('OMNILEADS_MOST_NAMED', 20);

/** A text made harmless for HTML, attributes included. */
function omnileads_h($text)
{
    return htmlspecialchars((string) $text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
}

/** What no style sheet of the products has: the folded parts, and widths that fit a telephone too. */
function omnileads_view_style()
{
    return '<style>'
        . '#omnileads.omnileads-narrow{max-width:1000px}#omnileads summary{cursor:pointer;display:list-item}#omnileads table{width:100%}'
        . '#omnileads td,#omnileads th{text-align:left;vertical-align:top;overflow-wrap:anywhere}#omnileads th{overflow-wrap:normal}'
        . '#omnileads label{display:inline}'
        . '#omnileads .omnileads-section{margin:1.2em 0 .4em;font-weight:bold;border-bottom:1px solid #ccc}'
        . '#omnileads .omnileads-buttons{display:flex;flex-wrap:wrap;gap:.5em;align-items:flex-end;margin:1em 0}'
        . '#omnileads .omnileads-buttons form{margin:0}#omnileads-changes details{margin:.3em 0}#omnileads-changes{margin:1em 0}'
        . '#omnileads-changes table{margin:.3em 0 .6em 1.2em;width:calc(100% - 1.2em);font-size:90%}'
        . '#omnileads textarea,#omnileads input[type=text]{width:100%;box-sizing:border-box}#omnileads select{max-width:100%}'
        . '#omnileads-join-more{margin-top:1em}'
        . '#omnileads .omnileads-field-error{color:#b00020;margin:.2em 0 0}'
        . '#omnileads .omnileads-dot{display:inline-block;width:.7em;height:.7em;border-radius:50%;background:#999}'
        . '#omnileads [data-state=well] .omnileads-dot{background:#2a8a2a}#omnileads [data-state=look] .omnileads-dot{background:#d08000}'
        . '#omnileads [data-state=wrong] .omnileads-dot{background:#c00}#omnileads-status td:first-child{width:14em}'
        . '#omnileads .omnileads-form td:first-child{width:20em}#omnileads .omnileads-form table{table-layout:fixed}'
        . '#omnileads-form{margin-top:1em}#omnileads-diagnosis td:first-child{white-space:nowrap;width:2em}'
        . '#omnileads .omnileads-help{color:#666;font-size:85%;margin:.2em 0 0}'
        . '@media(max-width:600px){#omnileads .omnileads-form tr,#omnileads .omnileads-form td,#omnileads-status tr,#omnileads-status td'
        . '{display:block;width:auto !important}#omnileads-status td:first-child{border:0;padding-bottom:0}'
        . '#omnileads-diagnosis tr{display:flex;flex-wrap:wrap;padding:.3em 0}#omnileads-diagnosis td:nth-child(n+3){flex-basis:100%;padding-left:2em}}'
        . '</style>';
}

/** Findings in a page's words; those that belong to one of `$fields` are left out: they stand beside it. */
function omnileads_view_findings(array $findings, array $fields = array())
{
    $html = '';
    foreach ($findings as $finding) {
        if (!in_array(omnileads_field_of($finding), $fields, true)) {
            $html .= omnileads_view_finding($finding, omnileads_class('finding ' . $finding['severity']), 'message');
        }
    }
    return $html;
}

function omnileads_view_finding(array $finding, $class, $part)
{
    $said = isset($finding['page']) ? $finding['page'] : $finding + array('at_field' => $finding['message']);
    $hint = $said['hint'] === '' ? '' : '<br><small>&rarr; ' . omnileads_h($said['hint']) . '</small>';
    return '<div class="' . $class . ' omnileads-finding" data-code="' . omnileads_h($finding['code']) . '" data-severity="'
        . omnileads_h($finding['severity']) . '">' . omnileads_h($said[$part]) . $hint . '</div>';
}

/** The field of the form that a finding is about; empty where it is none. */
function omnileads_field_of(array $finding)
{
    return isset($finding['page']['field']) ? $finding['page']['field'] : '';
}

/** What became of the last action; `$severity`: success, warning or error. */
function omnileads_view_notice($severity, $message)
{
    return '<div class="' . omnileads_class('notice ' . $severity) . '" id="omnileads-notice">' . omnileads_h($message) . '</div>';
}

/** A plan, a line an object (many alike are one line); behind each its rows and keys. */
function omnileads_view_changes(array $document, $id = 'omnileads-changes')
{
    $groups = isset($document['plan']) ? $document['plan'] : omnileads_one_by_one($document['changes']);
    $html = '<div id="' . $id . '">';
    foreach (array_slice($groups, 0, OMNILEADS_MOST_CHANGES) as $group) {
        $changes = array_slice($document['changes'], $group['first'], min($group['count'], OMNILEADS_MOST_CHANGES));
        $html .= '<details data-action="' . omnileads_h($group['action']) . '"><summary>' . omnileads_h($group['line']) . '</summary>'
            . ($group['count'] > 1 ? omnileads_view_alike($changes, $group['count']) : omnileads_view_cells($changes)) . '</details>';
    }
    $more = count($groups) - OMNILEADS_MOST_CHANGES;
    return $html . ($more > 0 ? '<p>' . sprintf(omnileads_text('... and %d more changes'), $more) . '</p>' : '') . '</div>';
}

/** The groups of a document that has none: every change is one. */
function omnileads_one_by_one(array $changes)
{
    $groups = array();
    foreach ($changes as $at => $change) {
        $line = isset($change['line']) ? $change['line'] : $change['title'];
        $groups[] = array('action' => $change['action'], 'line' => $line, 'first' => $at, 'count' => 1);
    }
    return $groups;
}

function omnileads_view_alike(array $changes, $count)
{
    $html = '';
    foreach ($changes as $change) {
        $html .= '<details class="omnileads-one"><summary>' . omnileads_h($change['line']) . '</summary>' . omnileads_view_cells(array($change))
            . '</details>';
    }
    $more = $count - count($changes);
    return $html . ($more > 0 ? '<p>' . sprintf(omnileads_text('... and %d more changes'), $more) . '</p>' : '');
}

function omnileads_view_cells(array $changes)
{
    $html = '<table class="' . omnileads_class('changes') . '"><thead><tr><th>' . omnileads_text('Where') . '</th><th>'
        . omnileads_text('Before') . '</th><th>' . omnileads_text('After') . '</th></tr></thead><tbody>';
    foreach ($changes as $change) {
        foreach (isset($change['shown']) ? $change['shown'] : array() as $cell) {
            $html .= '<tr><td>' . omnileads_h($cell['where']) . '</td><td>' . omnileads_h($cell['before']) . '</td><td>'
                . omnileads_h($cell['after']) . '</td></tr>';
        }
    }
    return $html . '</tbody></table>';
}

/** The link at a glance; behind it what it made, and where it works. */
function omnileads_view_status(array $status, $shown = '')
{
    $html = '<table class="' . omnileads_class('status') . '" id="omnileads-status">';
    foreach (isset($status['glance']) ? $status['glance'] : array() as $row) {
        $html .= '<tr data-row="' . omnileads_h($row['name']) . '" data-state="' . omnileads_h($row['state']) . '"><td>'
            . omnileads_h($row['label']) . '</td><td><span class="omnileads-dot"></span> '
            . omnileads_h($row['text']) . '</td></tr>';
    }
    return omnileads_view_findings(omnileads_not_shown($status['findings'], $shown)) . $html . '</table>' . omnileads_view_more($status);
}

/** The findings that are not among what the last action showed already. */
function omnileads_not_shown(array $findings, $shown)
{
    $left = array();
    foreach ($findings as $finding) {
        if ($shown === '' || strpos($shown, omnileads_view_findings(array($finding))) === false) {
            $left[] = $finding;
        }
    }
    return $left;
}

function omnileads_view_more(array $status)
{
    $html = '';
    $made = isset($status['made']) ? $status['made'] : array();
    foreach (array_slice($made, 0, OMNILEADS_MOST_NAMED) as $each) {
        $html .= '<li>' . omnileads_h($each) . '</li>';
    }
    $more = count($made) - OMNILEADS_MOST_NAMED;
    $html .= $more > 0 ? '<li>' . sprintf(omnileads_text('... and %d more'), $more) . '</li>' : '';
    $where = '';
    foreach (isset($status['described']) ? $status['described'] : array() as $pair) {
        $where .= '<li>' . omnileads_h($pair[0] . ': ' . $pair[1]) . '</li>';
    }
    return $html . $where === '' ? '' : '<details id="omnileads-more"><summary>' . omnileads_text('What it made, and where') . '</summary><ul>'
        . $html . $where . '</ul></details>';
}

/** A form with nothing but a button (and what `$inside` adds); `$look` says what kind of button. */
function omnileads_view_button($action, $label, $look = 'button', $inside = '')
{
    return '<form method="post" action="config.php?display=omnileads" class="omnileads-form">'
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
    return '<label for="omnileads-directory">' . omnileads_text('Directory of OMniLeads (what its command "pbx_link directory" prints)')
        . '</label><textarea class="' . omnileads_class('area') . '" id="omnileads-directory" name="directory" rows="4" cols="60">'
        . omnileads_h($directory) . '</textarea><br>';
}

/** The steps of a call's way with what was seen at each, below the one sentence. */
function omnileads_view_diagnosis(array $answer)
{
    $rows = '';
    $sights = isset($answer['diagnosis']['sights']) ? $answer['diagnosis']['sights'] : array();
    foreach ($sights as $sight) {
        $sign = $sight['ok'] === null ? '-' : ($sight['ok'] ? 'ok' : '!!');
        $rows .= '<tr><td>' . $sign . '</td><td>' . omnileads_h(isset($sight['way']) ? $sight['way'] : $sight['direction']) . '</td><td>' . omnileads_h($sight['title'])
            . '</td><td>' . omnileads_h($sight['seen']) . '</td></tr>';
    }
    return omnileads_view_findings($answer['findings']) . '<table id="omnileads-diagnosis">' . $rows . '</table>';
}

function omnileads_view_code($code)
{
    return '<p>' . omnileads_text('Paste this in OMniLeads. It holds the secret: do not send it where others can read it.') . '</p>'
        . '<textarea class="' . omnileads_class('area') . '" id="omnileads-link-code" rows="6" cols="90" readonly>'
        . omnileads_h(rtrim(chunk_split($code, 2000, "\n"))) . '</textarea>'  // of a longer line a terminal drops the rest
        . omnileads_view_copy('omnileads-link-code');
}

/** What can be done with a link that is configured; `$asks`: whether it asks OMniLeads for its directory by itself. */
function omnileads_view_actions($directory, $needs_directory, $asks, array $codes)
{
    $confirm = '<label><input type="checkbox" name="confirm" value="yes"> '
        . omnileads_text('Yes, take the trunk, the extensions and the routes of this link away') . '</label> ';
    $recover = in_array('journal.open', $codes, true) ? omnileads_view_button('recover', omnileads_text('Recover'), 'button apply') : '';
    return '<div class="omnileads-buttons">' . $recover
        . omnileads_view_button('plan', omnileads_text('Show plan'), 'button main', $needs_directory ? omnileads_view_directory($directory) : '')
        . ($asks ? omnileads_view_button('sync', omnileads_text('Synchronise with OMniLeads now')) : '')
        . omnileads_view_button('verify', omnileads_text('Try a call'))
        . omnileads_view_button('diagnose', omnileads_text('Say why calls fail'), 'button', '<input type="text" name="number" size="24"'
            . ' style="width:auto" placeholder="' . omnileads_text('number (may be empty)') . '"> ')
        . omnileads_view_button('code', omnileads_text('Show link code')) . '</div>'
        . '<details><summary>' . omnileads_text('Remove the link from this PBX') . '</summary>'
        . omnileads_view_button('remove', omnileads_text('Remove'), 'button remove', $confirm . omnileads_view_forget()) . '</details>';
}
