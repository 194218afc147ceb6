// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

// The program `skyweft VERB …`: a table of verbs, nothing else.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"
#include "workflows/verbs/verbs.hpp"

namespace {

using namespace skyweft::workflows;

constexpr std::array<Verb, 20> kVerbs{{
    {"init", "read the headers of a folder and write a configuration", declare_init},
    {"catalog", "build and inspect the local star catalogue", declare_catalog},
    {"simulate", "make a field with known truth", declare_simulate},
    {"check", "validate configuration, headers, catalogue coverage and disk", declare_check},
    {"detector", "gain, read noise, dark rate, linearity and bad pixels of a camera",
     declare_detector},
    {"detect", "stars or all objects of single frames, as a table or DS9 regions", declare_detect},
    {"solve", "plate solutions of single frames, as FITS headers or in copies", declare_solve},
    {"measure", "fluxes and upper limits at given places of single frames or a night",
     declare_measure},
    {"psf", "one map of star shapes from one or several frames", declare_psf},
    {"run", "raw frames to detrended light curves; the same command again resumes", declare_run},
    {"compact", "join the epoch blocks of an archive that grew night by night", declare_compact},
    {"status", "what is done and what is not", declare_status},
    {"why", "why a frame or a star was rejected", declare_why},
    {"lc", "one light curve as FITS, ECSV, CSV or VARTOOLS text", declare_lc},
    {"export", "tables of stars or frames, plate solutions for other programs", declare_export},
    {"ensemble", "a star against chosen comparison stars, for small fields", declare_ensemble},
    {"compare", "scatter of two runs side by side, by magnitude", declare_compare},
    {"recovery", "what is left of artificial signals after each stage", declare_recovery},
    {"report", "pictures and tables as one folder of HTML", declare_report},
    {"explain", "every option: unit, default, meaning, what it invalidates", declare_explain},
}};

bool is_unknown_verb(std::string_view word) {
  return !word.starts_with('-') &&
         std::ranges::none_of(kVerbs, [&](const Verb& verb) { return word == verb.name; });
}

std::string unknown_verb_text(std::string_view word) {
  std::vector<std::string> known;
  for (const Verb& verb : kVerbs) known.emplace_back(verb.name);
  const std::string near = skyweft::nearest_name(word, known);
  return fmt::format("there is no verb {}{}", skyweft::printable(word),
                     near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"skyweft: raw telescope frames in, detrended light curves out"};
  app.set_version_flag("--version", "skyweft " SKYWEFT_VERSION);
  app.require_subcommand(1);
  Invocation call{.argc = argc, .argv = argv, .action = {}};
  for (const Verb& verb : kVerbs) verb.declare(*app.add_subcommand(verb.name, verb.summary), call);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    const std::string text =
        argc > 1 && is_unknown_verb(argv[1]) ? unknown_verb_text(argv[1]) : error.what();
    fmt::print(stderr, "skyweft: error: {}; `skyweft --help` and `skyweft VERB --help` say more\n",
               text);
    return static_cast<int>(skyweft::ExitCode::usage);
  }
  return call.action();
}
