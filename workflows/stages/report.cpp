// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/report/report.hpp"

#include "io/digest.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

void write_reports(RunContext& run, RunState& state) {
  if (!run.config.report.enabled) return;
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::statistics) +
                                                stage_settings(run.config, Stage::report));
  if (run.done("report", digest)) return;
  mpi::do_on_root(run.world, [&] {
    write_report(run.archive, run.config, run.log);
    run.note("report", run.archive.report() / "index.html", digest);
  });
}

}  // namespace skyweft::workflows
