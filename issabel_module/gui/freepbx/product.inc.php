<?php
/*
 * What the shared page does the way of FreePBX: its translation, its style sheet's classes.
 */
if (!defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** A text in the language of the page, whichever module's page it is. */
function omnileads_text($text)
{
    return modgettext::_($text, 'omnileads');
}

/** The language for a visitor who has not chosen one, and for what no visitor asked for. */
function omnileads_default_language()
{
    return (string) FreePBX::Config()->get('UIDEFAULTLANG');
}

/** A label with the sign that shows its help, as the product's own pages have it. */
function omnileads_label($for, $label, $help)
{
    $sign = $help === '' ? '' : ' <i class="fa fa-question-circle fpbx-help-icon" data-for="' . $for . '"></i>';
    return '<label class="control-label" for="' . $for . '">' . $label . '</label>' . $sign;
}

/** The help of a field, shown by its sign. */
function omnileads_help($for, $help)
{
    return $help === '' ? '' : '<span id="' . $for . '-help" class="help-block fpbx-help-block">' . $help . '</span>';
}

/** The style sheet's classes for a thing on the page. */
function omnileads_class($thing)
{
    $classes = array(
        'page' => 'container-fluid',
        'finding error' => 'alert alert-danger',
        'finding warning' => 'alert alert-warning',
        'finding info' => 'alert alert-info',
        'notice success' => 'alert alert-success',
        'notice warning' => 'alert alert-warning',
        'notice error' => 'alert alert-danger',
        'changes' => 'table table-condensed table-bordered',
        'status' => 'table table-condensed',
        'form' => 'table table-condensed',
        'button' => 'btn btn-default',
        'button main' => 'btn btn-primary',
        'button apply' => 'btn btn-success',
        'button remove' => 'btn btn-danger',
        'text' => 'form-control',
        'area' => 'form-control',
        'select' => 'form-control',
    );
    return $classes[$thing];
}
