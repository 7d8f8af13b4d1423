<?php
/*
 * What the shared page does the way of IssabelPBX: its translation, its style sheet's classes.
 */
if (!defined('ISSABELPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** A text in the language of the page. */
function omnileads_text($text)
{
    return __($text);
}

/** The language for a visitor who has not chosen one. */
function omnileads_default_language()
{
    return 'en';
}

/** A label with its help bubble, as the product's own pages have it (Issabel 5: ipbx_label; Issabel 4: fpbx_label). */
function omnileads_label($for, $label, $help)
{
    foreach ($help === '' ? array() : array('ipbx_label', 'fpbx_label') as $native) {
        if (function_exists($native)) {
            return $native($label, $help);
        }
    }
    return '<label for="' . $for . '">' . $label . '</label>';
}

/** The help below a field, where no bubble of the product's can show it. */
function omnileads_help($for, $help)
{
    $has_bubble = function_exists('ipbx_label') || function_exists('fpbx_label');
    return $help === '' || $has_bubble ? '' : '<p class="omnileads-help">' . $help . '</p>';
}

/** The style sheet's classes for a thing on the page. */
function omnileads_class($thing)
{
    $classes = array(
        'page' => 'content omnileads-narrow',
        'finding error' => 'notification is-light is-danger',
        'finding warning' => 'notification is-light is-warning',
        'finding info' => 'notification is-light is-info',
        'notice success' => 'notification is-success',
        'notice warning' => 'notification is-warning',
        'notice error' => 'notification is-danger',
        'changes' => 'table is-narrow is-bordered',
        'status' => 'table is-narrow',
        'form' => 'table is-borderless is-narrow',
        'button' => 'button',
        'button main' => 'button is-link',
        'button apply' => 'button is-success',
        'button remove' => 'button is-danger',
        'text' => 'input w100',
        'area' => 'textarea',
        'select' => 'componentSelect',
    );
    return $classes[$thing];
}
