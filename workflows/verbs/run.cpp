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

void declare_run(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<ConfigRequest>();  // shared: lives as long as the parsed command
  declare_config(app, *request);
  app.callback([request, &call] {
    call.action = [request, &call] {
      return mpi::guarded_main(call.argc, call.argv, [&](mpi::Comm& world) {
        return static_cast<int>(run_all(world, load_config(*request)));
      });
    };
  });
}

}  // namespace skyweft::workflows
