<?php
/*
 * A button that copies a field. Over plain http a browser has no clipboard for pages: the field is selected and copied then.
 */
if (!defined('ISSABELPBX_IS_AUTH') && !defined('FREEPBX_IS_AUTH')) {
    die('No direct script access allowed');
}

/** The button for the field of that id; it is not seen where no script runs. */
function omnileads_view_copy($field)
{
    return '<p><button class="' . omnileads_class('button') . '" type="button" id="omnileads-copy" data-field="' . $field . '" data-done="'
        . omnileads_text('Copied') . '" data-failed="' . omnileads_text('It is selected: copy it with Ctrl+C') . '" hidden>'
        . omnileads_text('Copy') . '</button> <span role="status"></span></p>' . omnileads_copy_script();
}

function omnileads_copy_script()
{
    return <<<'SCRIPT'
<script>
document.querySelectorAll('button[data-field]').forEach(function (button) {
    var field = document.getElementById(button.dataset.field);
    function tell(done) {
        button.nextElementSibling.textContent = done ? button.dataset.done : button.dataset.failed;
    }
    function byHand() {
        field.focus();
        field.select();
        var done = document.execCommand('copy');
        if (done) {
            button.focus();
        }
        tell(done);
    }
    button.hidden = false;
    button.addEventListener('click', function () {
        if (navigator.clipboard) {
            navigator.clipboard.writeText(field.value).then(function () { tell(true); }, byHand);
        } else {
            byHand();
        }
    });
});
</script>
SCRIPT;
}
