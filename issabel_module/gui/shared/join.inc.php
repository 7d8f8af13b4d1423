<?php
/*
 * Joining by an invitation of OMniLeads: one field, both plans, one button. The invitation goes on standard input.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** What may be chosen beside an invitation: the form's fields, with the command's option and its words. */
function omnileads_join_options()
{
    return array(
        'registers' => array('--registers', array('no', 'pbx', 'omnileads')),
        'signalling' => array('--signalling', array('udp', 'tcp', 'tls')),
        'audio' => array('--media', array('rtp', 'srtp')),
    );
}

/** Shows both plans for an invitation; nothing is written. */
function omnileads_join($invitation)
{
    $words = array('join', '-');
    foreach (omnileads_join_options() as $name => $option) {
        $at = array_search(omnileads_field('join_' . $name), $option[1], true);
        if ($at !== false) {
            array_push($words, $option[0], $option[1][$at]);
        }
    }
    return omnileads_joined(omnileads_run($words, $invitation . "\n"));
}

/** Applies both plans that were shown, or goes on where an earlier run was cut. */
function omnileads_join_resume()
{
    return omnileads_joined(omnileads_run(array('join', '--resume', '--yes')));
}

/** Takes back on both sides what was begun. */
function omnileads_join_undo()
{
    $answer = omnileads_run(array('join', '--undo'));
    $done = omnileads_view_notice('success', omnileads_text('Neither side has anything of it.'));
    return ($answer['exit'] === 0 ? $done : '') . omnileads_view_findings($answer['findings']) . omnileads_view_pending($answer);
}

function omnileads_joined(array $answer)
{
    $findings = omnileads_view_findings($answer['findings']);
    if (!isset($answer['joined'])) {
        return $findings . omnileads_view_pending($answer);
    }
    if ($answer['joined']) {
        return $answer['proved']
            ? omnileads_view_notice('success', omnileads_text('Done: calls work both ways, proved.')) . $findings
            : omnileads_view_notice('warning', omnileads_text('Applied on both sides, but a trial call did not get through.')) . $findings;
    }
    return $findings . omnileads_view_ends()
        . '<h4>' . omnileads_text('On this PBX') . '</h4>' . omnileads_view_changes(array('changes' => $answer['pbx']))
        . '<h4>' . omnileads_text('On OMniLeads') . '</h4>'
        . omnileads_view_changes(array('changes' => $answer['omnileads']), 'omnileads-oml-changes');
}

/** The buttons that end what was begun, where an error says that something is to be ended. */
function omnileads_view_pending(array $answer)
{
    foreach ($answer['findings'] as $finding) {
        if (strpos($finding['code'], 'join.at_') === 0) {
            return omnileads_view_ends();
        }
    }
    return '';
}

function omnileads_view_ends()
{
    return '<div class="omnileads-buttons">' . omnileads_view_button('join_resume', omnileads_text('Apply both'), 'button apply')
        . omnileads_view_button('join_undo', omnileads_text('Leave it')) . '</div>';
}

/** What most people leave as it is: the fields of `$form` that `join` takes. */
function omnileads_view_join_choices(array $form)
{
    $html = '';
    $is_changed = false;
    foreach ($form as $section) {
        foreach ($section['fields'] as $field) {
            if (!array_key_exists($field['name'], omnileads_join_options())) {
                continue;
            }
            if ($field['name'] === 'registers') {
                $field['choices'] = array('' => omnileads_text('Found out by itself')) + $field['choices'];
            }
            $field['name'] = 'join_' . $field['name'];
            $value = omnileads_field($field['name']);
            $is_changed = $is_changed || ($value !== '' && $value !== key($field['choices'])); // the first is the usual one
            $html .= omnileads_view_field($field, $value, array());
        }
    }
    return $html === '' ? '' : '<details id="omnileads-join-more"' . ($is_changed ? ' open' : '') . '><summary>' . omnileads_text('NAT and encryption') . '</summary><table class="'
        . omnileads_class('form') . '">' . $html . '</table></details>';
}

/** The one field of a first visit; `$form`: the sections of the whole form. */
function omnileads_view_invitation(array $form)
{
    return '<p>' . omnileads_text('Calls both ways between this PBX and an OMniLeads contact centre.') . '</p>'
        . '<form method="post" action="config.php?display=omnileads" class="omnileads-form">' . omnileads_view_hidden('join')
        . '<p><label for="omnileads-invitation">' . omnileads_text('Paste the invitation of OMniLeads (there: Link a PBX)') . '</label></p>'
        . '<textarea class="' . omnileads_class('area') . '" id="omnileads-invitation" name="invitation" rows="3" cols="60">'
        . omnileads_h(omnileads_field('invitation')) . '</textarea>' . omnileads_view_join_choices($form) . '<div class="omnileads-buttons">'
        . '<button class="' . omnileads_class('button main') . '" type="submit" id="omnileads-join">'
        . omnileads_text('Show what would be done') . '</button></div></form>';
}
