#include <memory>

#include "ctl/grammar.h"
#include "ctl/reach_master.h"

namespace pai::ctl {
namespace {

using Verb = TaskOptions::Verb;

struct Given {
  TaskOptions task;
  std::string output = "text";
  int ledger_of = TaskOptions::kEveryClient;
};

}  // namespace

void add_task(Grammar& grammar) {
  const auto given = std::make_shared<Given>();
  CLI::App* group = grammar.group("task", "Tasks of a master: create, run, watch, look after them",
                                  ":\n"
                                  "  export PAI_MASTER=https://master.example.org:8000 PAI_CA=trusted.pem PAI_TOKEN=…\n"
                                  "  paictl task run credit.json");
  const auto verb = [&](Verb which, const char* name, const char* help, const std::string& example) {
    CLI::App* app = grammar.verb(group, name, help, example, [given, which]() -> Result<Options> {
      auto options = given->task;
      options.verb = which;
      options.json = given->output == "json";
      if (which == Verb::kLedger) options.client = given->ledger_of;
      return Options(std::move(options));
    });
    reach_master(app, given->task.master);
    output_flag(app, given->output);
    return app;
  };
  const auto file = [&](CLI::App* app) { app->add_option("TASK.json", given->task.file, "The task as it is POSTed")->type_name("FILE")->required(); };
  const auto task = [&](CLI::App* app) { app->add_option("TASK", given->task.task, "Its task_name")->required(); };
  const auto timeout = [&](CLI::App* app) {
    app->add_option("--timeout", given->task.timeout_s, "Seconds after which it ends with code 3; the task goes on")->type_name("SECONDS")->check(CLI::PositiveNumber);
  };
  const auto force = [&](CLI::App* app) { app->add_flag("--force", given->task.force, "Forget what nodes that cannot be reached could not be told"); };

  file(verb(Verb::kCreate, "create", "Create a task at all its nodes, or at none", "paictl task create credit.json"));
  file(verb(Verb::kCheck, "check", "Ask master and nodes whether a task could be created; nothing is kept", "paictl task check credit.json -o json"));
  task(verb(Verb::kStart, "start", "Start every client of a task, or none", "paictl task start credit_v1"));
  CLI::App* run = verb(Verb::kRun, "run", "Create, start, and show what happens until the end; an interrupt ends the showing, not the task",
                       "paictl task run credit.json");
  file(run);
  timeout(run);
  CLI::App* wait = verb(Verb::kWait, "wait", "Wait for the end; the exit code says how it went", "paictl task wait credit_v1 --timeout 3600");
  task(wait);
  timeout(wait);
  CLI::App* watch = verb(Verb::kWatch, "watch", "Show what happens until the end", "paictl task watch credit_v1");
  task(watch);
  timeout(watch);
  CLI::App* stop = verb(Verb::kStop, "stop", "End the clients", "paictl task stop credit_v1");
  task(stop);
  force(stop);
  CLI::App* retry = verb(Verb::kRetry, "retry", "Make a failed or stopped task ready to start again", "paictl task retry credit_v1 --resume");
  task(retry);
  retry->add_flag("--resume", given->task.resume, "Go on from the checkpoint of a training");
  CLI::App* remove = verb(Verb::kDelete, "delete", "Forget a task and its folders; data sets stay", "paictl task delete credit_v1");
  task(remove);
  remove->add_flag("--datasets", given->task.datasets, "Remove the data sets that it made, too");
  force(remove);
  CLI::App* list = verb(Verb::kList, "list", "Tasks, newest first", "paictl task list --status Running");
  list->add_option("--status", given->task.status, "Only those: Created, Running, Finished, Failed, Stopped, or an exact state")->type_name("STATE");
  list->add_option("--limit", given->task.limit, "How many at most (100)")->type_name("N")->check(CLI::Range(1, 1000));
  task(verb(Verb::kStatus, "status", "How a task is, party by party", "paictl task status credit_v1"));
  task(verb(Verb::kWaits, "waits", "Which party waits for which, for what and for how long, while a task runs", "paictl task waits credit_v1"));
  CLI::App* log = verb(Verb::kLog, "log", "The end of a client's log, as far as its node shares it", "paictl task log credit_v1 --client 1 --tail 50 --follow");
  task(log);
  log->add_option("--client", given->task.client, "Which client; -1 is the last one")->type_name("N")->check(CLI::Range(-1, 1000));
  log->add_flag("-f,--follow", given->task.follow, "Go on with what is added, until the task ends");
  log->add_option("--tail", given->task.tail, "Lines (100)")->type_name("N")->check(CLI::Range(1, 10000));
  CLI::App* ledger = verb(Verb::kLedger, "ledger", "What left each party and to whom, as far as its node shares it", "paictl task ledger credit_v1 --client 1");
  task(ledger);
  ledger->add_option("--client", given->ledger_of, "This party alone: its place in `clients` from 0, -1 the last")->type_name("N")->check(CLI::Range(-1, 1000));
  task(verb(Verb::kRecord, "record", "The label client's test record: loss and metrics", "paictl task record credit_v1"));
}

}  // namespace pai::ctl
