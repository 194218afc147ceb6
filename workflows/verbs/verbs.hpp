// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace skyweft::workflows {

/// What a verb's options, once parsed, will do: returns the exit code.
struct Invocation {
  int argc = 0;
  char** argv = nullptr;
  std::function<int()> action;
};

/// One verb of `skyweft VERB …`: declares its options on `app` and sets `call.action`.
struct Verb {
  const char* name;
  const char* summary;
  void (*declare)(CLI::App& app, Invocation& call);
};

void declare_init(CLI::App& app, Invocation& call);
void declare_catalog(CLI::App& app, Invocation& call);
void declare_simulate(CLI::App& app, Invocation& call);
void declare_check(CLI::App& app, Invocation& call);
void declare_detector(CLI::App& app, Invocation& call);
void declare_detect(CLI::App& app, Invocation& call);
void declare_solve(CLI::App& app, Invocation& call);
void declare_measure(CLI::App& app, Invocation& call);
void declare_psf(CLI::App& app, Invocation& call);
void declare_run(CLI::App& app, Invocation& call);
void declare_compact(CLI::App& app, Invocation& call);
void declare_compare(CLI::App& app, Invocation& call);
void declare_ensemble(CLI::App& app, Invocation& call);
void declare_recovery(CLI::App& app, Invocation& call);
void declare_status(CLI::App& app, Invocation& call);
void declare_why(CLI::App& app, Invocation& call);
void declare_lc(CLI::App& app, Invocation& call);
void declare_export(CLI::App& app, Invocation& call);
void declare_report(CLI::App& app, Invocation& call);
void declare_explain(CLI::App& app, Invocation& call);

/// Runs `body`; an Error becomes one message on stderr and the documented exit code. For verbs that
/// work without MPI.
int guarded(const std::function<int()>& body);

}  // namespace skyweft::workflows
