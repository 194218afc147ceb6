// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/run.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/comm.hpp"
#include "workflows/load_config.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {

namespace {

struct RunRequest {
  ConfigRequest config;
  std::string from;
  std::string as;
};

/// The archive that a run writes to: the configuration's, a branch of it, or the branch whose
/// folder was given in place of a configuration.
Archive archive_of(const RunRequest& request, const RunConfig& config) {
  if (request.as.empty() && !request.from.empty())
    throw Error{Errc::usage,
                "--from STAGE begins a branch; name it with --as NAME. To go on with a run, give "
                "neither"};
  if (request.as.empty()) {
    const Archive named{request.config.file};
    return named.is_branch() ? named : Archive{config.run.archive};
  }
  const Archive main{config.run.archive};
  const bool exists = std::filesystem::exists(main.root() / "branches" / request.as / "branch");
  if (!exists && request.from.empty())
    throw Error{
        Errc::usage,
        fmt::format("the branch {} does not exist; --from STAGE says where it begins", request.as)};
  if (!exists) return main.branch(request.as, stage_named(request.from));
  const Archive branch = open_archive(main.root().string(), request.as);
  if (!request.from.empty() && stage_named(request.from) != branch.first_stage())
    throw Error{Errc::usage, fmt::format("the branch {} begins with stage {}; give another name "
                                         "for one from {}",
                                         request.as, name_of(branch.first_stage()), request.from)};
  return branch;
}

int run(const mpi::Comm& world, const RunRequest& request) {
  RunConfig config = load_config(request.config);
  const Archive archive = archive_of(request, config);
  if (archive.is_branch()) config.run.name = archive.root().filename().string();
  return static_cast<int>(run_all(world, config, archive));
}

}  // namespace

void declare_run(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<RunRequest>();  // shared: lives as long as the parsed command
  declare_config(app, request->config);
  app.add_option("--from", request->from,
                 "stage at which a branch begins; what comes before is not computed again");
  app.add_option("--as", request->as, "name of the branch: ARCHIVE/branches/NAME");
  app.callback([request, &call] {
    call.action = [request, &call] {
      return mpi::guarded_main(call.argc, call.argv,
                               [&](mpi::Comm& world) { return run(world, *request); });
    };
  });
}

}  // namespace skyweft::workflows
