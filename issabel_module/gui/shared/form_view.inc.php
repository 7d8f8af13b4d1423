<?php
/*
 * The form of the link as HTML. Its sections, labels, helps and choices are the command's, as are the errors beside its fields.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** The form with its values; `$findings`: what is wrong with them. */
function omnileads_view_form(array $sections, array $fields, array $findings)
{
    $html = '<form method="post" action="config.php?display=omnileads" id="omnileads-configuration" class="omnileads-form">'
        . omnileads_view_hidden('configure');
    foreach ($sections as $section) {
        $html .= '<h5 class="omnileads-section">' . omnileads_h($section['title']) . '</h5><table class="' . omnileads_class('form') . '">';
        foreach ($section['fields'] as $field) {
            $value = isset($fields[$field['name']]) ? $fields[$field['name']] : '';
            $html .= omnileads_view_field($field, $value, omnileads_findings_of($findings, $field['name']));
        }
        $html .= '</table>';
    }
    return $html . '<div class="omnileads-buttons"><button class="' . omnileads_class('button main') . '" type="submit" id="omnileads-configure">'
        . omnileads_text('Save and show plan') . '</button></div></form>';
}

/** The names of the form's fields. */
function omnileads_names(array $sections)
{
    $names = array();
    foreach ($sections as $section) {
        foreach ($section['fields'] as $field) {
            $names[] = $field['name'];
        }
    }
    return $names;
}

function omnileads_findings_of(array $findings, $name)
{
    return array_filter($findings, function ($finding) use ($name) {
        return omnileads_field_of($finding) === $name;
    });
}

/** One row: its label with its help, the control, and what is wrong with its value. */
function omnileads_view_field(array $field, $value, array $findings)
{
    $name = omnileads_h($field['name']);
    $label = omnileads_label('omnileads-' . $name, omnileads_h($field['label']), omnileads_h($field['help']));
    $wrong = '';
    foreach ($findings as $finding) {
        $wrong .= omnileads_view_finding($finding, 'omnileads-field-error', 'at_field');
    }
    return '<tr><td>' . $label . '</td><td>' . omnileads_view_control($field, $name, $value) . omnileads_help('omnileads-' . $name, omnileads_h($field['help']))
        . $wrong . '</td></tr>';
}

function omnileads_view_control(array $field, $name, $value)
{
    $who = ' id="omnileads-' . $name . '" name="' . $name . '"';
    switch ($field['kind']) {
        case 'lines':
            return '<textarea class="' . omnileads_class('area') . '" rows="3" cols="60"' . $who . '>' . "\n" . omnileads_h($value) . '</textarea>';
        case 'box':
            return '<input type="checkbox" value="yes"' . $who . ($value === 'yes' ? ' checked' : '') . '>';
        case 'choice':
            $options = '';
            foreach ($field['choices'] as $each => $text) {
                $options .= '<option value="' . omnileads_h($each) . '"' . ($value === $each ? ' selected' : '') . '>' . omnileads_h($text) . '</option>';
            }
            return '<select class="' . omnileads_class('select') . '"' . $who . '>' . $options . '</select>';
    }
    return '<input class="' . omnileads_class('text') . '" type="text"' . $who . ' value="' . omnileads_h($value) . '">';
}
