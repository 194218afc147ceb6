// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/report/report.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "workflows/load_config.hpp"
#include "workflows/logging.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {

void declare_report(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<ArchiveRequest>();  // shared: lives as long as the command
  declare_archive(app, *request);
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] {
        const Archive archive = request->open();
        write_report(archive, config_of_archive(archive.root()), make_log({}));
        fmt::print("{}\n", (archive.report() / "index.html").string());
        return 0;
      });
    };
  });
}

}  // namespace skyweft::workflows
