<?php
/*
 * `fwconsole omnileads …`: passes on to the command issabel-omnileads, which decides what is allowed.
 */

namespace FreePBX\Console\Command;

use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

class Omnileads extends Command
{
    /** For the package's timer: `fwconsole omnileads dashboard CODE` says on the dashboard how its run ended. */
    const DASHBOARD = 'dashboard';

    protected function configure()
    {
        $this->setName('omnileads')
            ->setDescription('Link with OMniLeads: passes on to issabel-omnileads')
            ->addArgument('words', InputArgument::IS_ARRAY, 'Command and options of issabel-omnileads');
        $this->ignoreValidationErrors(); // the options are the command's, which knows them
    }

    protected function execute(InputInterface $input, OutputInterface $output)
    {
        $module = \FreePBX::create()->Omnileads;
        $words = array_slice($_SERVER['argv'], array_search('omnileads', $_SERVER['argv'], true) + 1);
        if ($words && $words[0] === self::DASHBOARD) {
            $module->tellTimer(isset($words[1]) ? (int) $words[1] : 0);
            return 0;
        }
        $command = array_merge(array(OMNILEADS_COMMAND), $words ? $words : array('--help'));
        $process = proc_open(omnileads_line($command), array(STDIN, STDOUT, STDERR), $pipes, '/');
        return is_resource($process) ? proc_close($process) : 1;
    }
}
