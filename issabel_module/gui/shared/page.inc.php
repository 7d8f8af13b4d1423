<?php
/*
 * The page "OMniLeads": asks the command issabel-omnileads and shows what it says. It decides nothing by itself. What
 * the product around it has of its own (looks, translation, language) is in its product.inc.php.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

require_once dirname(__FILE__) . '/command.inc.php';
require_once dirname(__FILE__) . '/form.inc.php';
require_once dirname(__FILE__) . '/view.inc.php';
require_once dirname(__FILE__) . '/join.inc.php';

/** Does what was asked for; returns the HTML of its result and, after a refused form, the fields to show again. */
function omnileads_act($action)
{
    $directory = omnileads_field('directory');
    switch ($action) {
        case 'configure':
            return omnileads_configure();
        case 'join':
            return array(omnileads_join(omnileads_field('invitation')), null);
        case 'join_resume':
            return array(omnileads_join_resume(), null);
        case 'join_undo':
            return array(omnileads_join_undo(), null);
        case 'plan':
            return array(omnileads_plan($directory), null);
        case 'apply':
            return array(omnileads_apply($directory), null);
        case 'verify':
            $verdict = omnileads_run(array('verify'));
            return array(omnileads_view_findings($verdict['findings']), null);
        case 'diagnose':
            $seen = omnileads_run(omnileads_diagnose_words(omnileads_field('number')));
            return array(omnileads_view_diagnosis($seen), null);
        case 'code':
            $answer = omnileads_run(array('code'));
            $code = isset($answer['code']) ? omnileads_view_code($answer['code']) : '';
            return array(omnileads_view_findings($answer['findings']) . $code, null);
        case 'remove':
            return array(omnileads_remove(), null);
        case 'sync':
            $answer = omnileads_run(array('sync'));
            $done = sprintf(omnileads_text('Synchronised with the directory of OMniLeads: %d changes.'), count($answer['changes']));
            $notice = $answer['exit'] === 0 ? omnileads_view_notice('success', $done) : '';
            return array($notice . omnileads_view_findings($answer['findings']), null);
    }
    return array('', null);
}

/** The number goes along only where it is one: anything else would be taken for an option. */
function omnileads_diagnose_words($number)
{
    return preg_match('/^[0-9*#+]{1,40}$/D', $number) ? array('diagnose', $number) : array('diagnose');
}

function omnileads_configure()
{
    $link = omnileads_link();
    $arguments = array_merge(array('init', '--values', '-'), $link !== null && $link['is_new'] ? array() : array('--force'));
    if (omnileads_field('new_secret') === 'yes') {
        $arguments[] = '--new-secret';
    }
    $answer = omnileads_run($arguments, json_encode(omnileads_posted_values()));
    if ($answer['exit'] !== 0) {
        return array(omnileads_view_findings($answer['findings']), omnileads_posted_fields());
    }
    omnileads_link_is_saved();
    $saved = omnileads_view_notice('success', omnileads_text('Saved. Nothing changes on this PBX until you apply the plan.'));
    $needs_directory = omnileads_field('from_directory') === 'yes';
    return array($saved . ($needs_directory ? '' : omnileads_plan('')), null);
}

/** The words that hand the directory over, which itself goes on standard input. */
function omnileads_directory_words($directory)
{
    return $directory === '' ? array() : array('--directory', '-');
}

function omnileads_plan($directory, $plan = null)
{
    if ($plan === null) {
        $plan = omnileads_run(array_merge(array('plan'), omnileads_directory_words($directory)), $directory);
    }
    $html = omnileads_view_findings($plan['findings']);
    if (count($plan['changes']) === 0) {
        return $html . ($plan['exit'] === 0 ? omnileads_view_notice('success', omnileads_text('Nothing to change: the link is applied.')) : '');
    }
    $_SESSION['omnileads_plan'] = sha1(json_encode($plan['changes']));
    $is_large = omnileads_is_only_large($plan);
    // Exit code 2: there are changes and nothing stands in their way. The button is above the table, which may be long.
    if ($plan['exit'] === 2 || $is_large) {
        $inside = omnileads_kept($directory) . ($is_large ? omnileads_view_force() : '');
        $html .= omnileads_view_button('apply', omnileads_text('Apply'), 'button apply', $inside);
    }
    return $html . omnileads_view_changes($plan['changes']);
}

/** Whether nothing but its size stands in the way of a plan. */
function omnileads_is_only_large(array $plan)
{
    $codes = array();
    foreach ($plan['findings'] as $finding) {
        if ($finding['severity'] === 'error') {
            $codes[] = $finding['code'];
        }
    }
    return $codes === array('plan.too_large');
}

function omnileads_kept($directory)
{
    return $directory === '' ? '' : '<input type="hidden" name="directory" value="' . omnileads_h($directory) . '">';
}

/** Applies the plan that was shown; where the PBX changed in between, shows the new plan instead. */
function omnileads_apply($directory)
{
    $words = omnileads_directory_words($directory);
    if (omnileads_field('force') === 'yes') {
        $words[] = '--force';
    }
    $plan = omnileads_run(array_merge(array('plan'), $words), $directory);
    $seen = isset($_SESSION['omnileads_plan']) ? $_SESSION['omnileads_plan'] : '';
    if ($plan['exit'] !== 2 || sha1(json_encode($plan['changes'])) !== $seen) {
        $notice = $plan['exit'] === 2 ? omnileads_text('The plan is not the one you saw. Look at it again.') : '';
        return ($notice === '' ? '' : omnileads_view_notice('warning', $notice)) . omnileads_plan($directory, $plan);
    }
    $answer = omnileads_run(array_merge(array('apply', '--yes'), $words), $directory);
    $html = omnileads_view_findings($answer['findings']);
    if ($answer['exit'] === 0) {
        $done = sprintf(omnileads_text('Applied: %d changes. Now paste the link code in OMniLeads.'), count($answer['changes']));
        return omnileads_view_notice('success', $done) . $html;
    }
    return omnileads_view_notice('error', omnileads_text('Not applied.')) . $html;
}

function omnileads_remove()
{
    if (omnileads_field('confirm') !== 'yes') {
        return omnileads_view_notice('warning', omnileads_text('Tick the box to confirm.'));
    }
    $forget = omnileads_field('forget') === 'yes' ? array('--forget') : array();
    $answer = omnileads_run(array_merge(array('remove', '--yes'), $forget));
    $notice = $answer['exit'] === 0
        ? omnileads_view_notice('success', sprintf(omnileads_text('Removed: %d changes.'), count($answer['changes'])))
        : omnileads_view_notice('error', omnileads_text('Not removed.'));
    return $notice . omnileads_view_findings($answer['findings']);
}

function omnileads_is_missing(array $link)
{
    foreach ($link['findings'] as $finding) {
        if ($finding['code'] === 'linkfile.missing') {
            return true;
        }
    }
    return false;
}

/** Shows the page; returns what `status` said, null where there is no link, false where there are several: it is of one. */
function omnileads_page()
{
    $fields = null;
    $status = null;
    $result = '';
    $action = $_SERVER['REQUEST_METHOD'] === 'POST' ? omnileads_field('action') : '';
    $links = omnileads_choose_link();
    if (omnileads_link() === null && count($links)) {
        return omnileads_page_of_links('', $links);
    }
    if ($action !== '' && !omnileads_is_ours()) {
        $result = omnileads_view_notice('error', omnileads_text('This request did not come from this page, so nothing was done.'));
    } elseif ($action !== '') {
        list($result, $fields) = omnileads_act($action);
        $links = in_array($action, array('configure', 'join_resume', 'remove'), true) ? omnileads_links_again() : $links;
        if (omnileads_link() === null && count($links)) {
            return omnileads_page_of_links($result, $links);
        }
    }
    $link = omnileads_run(array('show'));
    $values = isset($link['values']) ? $link['values'] : array();
    echo '<div class="' . omnileads_class('page') . '" id="omnileads"><h2>' . omnileads_text('Link with OMniLeads') . '</h2>', $result;
    if (count($values)) {
        $known = omnileads_fields($values);
        $status = omnileads_run(array('status'));
        echo omnileads_view_status($status);
        $asks = isset($values['directory']['url']);
        echo omnileads_view_actions(omnileads_field('directory'), $known['from_directory'] === 'yes' && !$asks, $asks);
    } elseif (!omnileads_is_missing($link)) {
        echo omnileads_view_findings($link['findings']);
    } else {
        echo omnileads_view_invitation();
    }
    echo '<h3>' . omnileads_text('Configuration') . '</h3>';
    echo omnileads_view_form($fields !== null ? $fields : omnileads_fields($values)), omnileads_view_links($links), '</div>';
    return count($links) > 1 ? false : $status;
}

/** The page where none of several links is chosen; of no one link the dashboard is told. */
function omnileads_page_of_links($result, array $links)
{
    echo '<div class="' . omnileads_class('page') . '" id="omnileads"><h2>' . omnileads_text('Link with OMniLeads') . '</h2>', $result,
        omnileads_view_links($links), '</div>';
    return false;
}
