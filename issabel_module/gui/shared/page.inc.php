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
require_once dirname(__FILE__) . '/form_view.inc.php';
require_once dirname(__FILE__) . '/copy.inc.php';
require_once dirname(__FILE__) . '/join.inc.php';

/** Does what was asked for; returns the HTML of its result and, after a refused form, the fields and what is wrong with them. */
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
        case 'adopt':
            return array(omnileads_adopt($directory), null);
        case 'recover':
            $answer = omnileads_run(array('recover'));
            $done = omnileads_text('What was left half done was undone or completed.');
            return array(($answer['exit'] === 0 ? omnileads_view_notice('success', $done) : '') . omnileads_view_findings($answer['findings']), null);
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
            $done = sprintf(omnileads_text('Synchronised with the directory of OMniLeads; changes: %d'), count($answer['changes']));
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
        $wrong = omnileads_view_notice('error', omnileads_text('Some values are not allowed; nothing was saved.'));
        return array($wrong, array(omnileads_posted_fields(), $answer['findings']));
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
    if (count($plan['changes']) === 0 && $plan['exit'] === 0) {
        return $html . omnileads_view_notice('success', omnileads_text('Nothing to change: the link is applied.'));
    }
    $_SESSION['omnileads_plan'] = sha1(json_encode($plan['changes']));
    $buttons = '';
    if (in_array('plan.conflict', omnileads_codes($plan['findings']), true)) {
        $buttons .= omnileads_view_button('adopt', omnileads_text('Adopt what is there as it is'), 'button', omnileads_kept($directory));
    }
    // Exit code 2: there is something to do and nothing stands in its way. The buttons are above the plan, which may be long.
    $is_large = omnileads_is_only_large($plan);
    if ($plan['exit'] === 2 || $is_large) {
        $inside = omnileads_kept($directory) . ($is_large ? omnileads_view_force() : '');
        $buttons .= omnileads_view_button('apply', omnileads_text('Apply'), 'button apply', $inside);
    }
    $title = count($plan['changes']) ? '<h3>' . omnileads_text('What will change on this PBX') . '</h3>' : '';
    return $html . $title . ($buttons === '' ? '' : '<div class="omnileads-buttons">' . $buttons . '</div>') . omnileads_view_changes($plan);
}

/** Takes over what was made by hand under the link's names, as it is, and shows the plan that is left. */
function omnileads_adopt($directory)
{
    $answer = omnileads_run(array_merge(array('adopt', '--yes'), omnileads_directory_words($directory)), $directory);
    return omnileads_view_findings($answer['findings']) . ($answer['exit'] === 0 ? omnileads_plan($directory) : '');
}

/** The codes of findings. */
function omnileads_codes(array $findings)
{
    $codes = array();
    foreach ($findings as $finding) {
        $codes[] = $finding['code'];
    }
    return $codes;
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
        $done = sprintf(omnileads_text('Applied and proved; changes: %d. If OMniLeads does not have the link yet, paste the link code on its page.'), count($answer['changes']));
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
        ? omnileads_view_notice('success', sprintf(omnileads_text('The link is gone from this PBX; changes: %d'), count($answer['changes'])))
        : omnileads_view_notice('error', omnileads_text('Not removed.'));
    return $notice . omnileads_view_findings($answer['findings']);
}

/** Shows the page; returns what `status` said, null where there is no link, false where there are several: it is of one. */
function omnileads_page()
{
    $refused = null;
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
        list($result, $refused) = omnileads_act($action);
        $links = in_array($action, array('configure', 'join_resume', 'remove'), true) ? omnileads_links_again() : $links;
        if (omnileads_link() === null && count($links)) {
            return omnileads_page_of_links($result, $links);
        }
    }
    $link = omnileads_run(array('show'));
    $values = isset($link['values']) ? $link['values'] : array();
    $form = isset($link['form']) ? $link['form'] : array();
    list($fields, $wrong) = $refused !== null ? $refused : array(null, array());
    echo omnileads_view_style(), '<div class="' . omnileads_class('page') . '" id="omnileads"><h2>' . omnileads_text('Link with OMniLeads') . '</h2>', $result;
    echo omnileads_view_findings($wrong, omnileads_names($form));
    if (count($values)) {
        $known = omnileads_fields($values);
        $status = omnileads_run(array('status'));
        echo omnileads_view_status($status, $result);
        $asks = isset($values['directory']['url']);
        $needs = $known['from_directory'] === 'yes' && !$asks;
        echo omnileads_view_actions(omnileads_field('directory'), $needs, $asks, omnileads_codes($status['findings']));
        $title = omnileads_text('Change the link');
    } else {
        $is_new = in_array('linkfile.missing', omnileads_codes($link['findings']), true);
        $shows_plans = $is_new && strpos($result, 'id="omnileads-join_resume"') !== false;
        echo $is_new ? ($shows_plans ? '' : omnileads_view_invitation($form)) : omnileads_view_findings($link['findings']);
        $known = omnileads_fields(array());
        $known = array_merge($known, isset($link['proposed']) ? $link['proposed'] : array());
        $title = omnileads_text('Without an invitation: fill in the form');
    }
    if (count($form)) {
        echo '<details id="omnileads-form"' . ($refused !== null ? ' open' : '') . '><summary>' . $title . '</summary>'
            . omnileads_view_form($form, $fields !== null ? $fields : $known, $wrong) . '</details>';
    }
    echo omnileads_view_links($links), '</div>';
    return count($links) > 1 ? false : $status;
}

/** The page where none of several links is chosen; of no one link the dashboard is told. */
function omnileads_page_of_links($result, array $links)
{
    echo '<div class="' . omnileads_class('page') . '" id="omnileads"><h2>' . omnileads_text('Link with OMniLeads') . '</h2>', $result,
        omnileads_view_links($links), '</div>';
    return false;
}
