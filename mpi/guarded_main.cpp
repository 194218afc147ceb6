// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/comm.hpp"
#include "mpi/raw.hpp"

namespace skyweft::mpi {

namespace {

constexpr std::chrono::seconds kWaitForOthers{2};

struct Outcome {
  int exit_code = 0;
  std::optional<std::string> message;  ///< of the error that ended this rank
};

Outcome run_body(Comm& world, const std::function<int(Comm&)>& body) noexcept {
  try {
    return {.exit_code = body(world), .message = {}};
  } catch (const Error& error) {
    return {.exit_code = static_cast<int>(exit_code_of(error.code())), .message = error.what()};
  } catch (const std::exception& error) {
    return {.exit_code = static_cast<int>(ExitCode::internal),
            .message = fmt::format("{}; this is a mistake in skyweft", error.what())};
  } catch (...) {
    return {.exit_code = static_cast<int>(ExitCode::internal),
            .message = "an exception of unknown type"};
  }
}

void print_error(const std::string& message, std::optional<int> rank) {
  const std::string who = rank ? fmt::format("rank {}: ", *rank) : std::string{};
  const std::string line = fmt::format("skyweft: error: {}{}\n", who, message);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

/// True when all ranks reached the end of their work; a failed rank does not wait long for it.
bool all_arrive(MPI_Comm comm, bool failed) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(comm, &request), "MPI_Ibarrier");
  const auto give_up = std::chrono::steady_clock::now() + kWaitForOthers;
  for (;;) {
    int done = 0;
    check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done != 0) return true;
    if (failed && std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

/// Makes one exit code of all outcomes; the lowest failed rank's message is printed, once.
int settle(const Comm& ends, const Outcome& mine) {
  const bool failed = mine.message.has_value();
  if (!all_arrive(raw(ends), failed)) {
    print_error(*mine.message, ends.rank());
    MPI_Abort(raw(ends), mine.exit_code);
  }
  const bool together = ends.all_of(failed);
  int candidate = failed ? ends.rank() : ends.size();
  int speaker = 0;
  check(MPI_Allreduce(&candidate, &speaker, 1, MPI_INT, MPI_MIN, raw(ends)), "MPI_Allreduce");
  int code = mine.exit_code;
  if (speaker < ends.size()) {
    if (speaker == ends.rank())
      print_error(*mine.message, together ? std::nullopt : std::optional{speaker});
    check(MPI_Bcast(&code, 1, MPI_INT, speaker, raw(ends)), "MPI_Bcast");
    return code;
  }
  check(MPI_Allreduce(&mine.exit_code, &code, 1, MPI_INT, MPI_MAX, raw(ends)), "MPI_Allreduce");
  return code;
}

Comm duplicate_of_world() {
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "MPI_Comm_dup");
  return Comm{std::make_unique<CommHandle>(copy)};
}

}  // namespace

Comm Comm::world() {
  return duplicate_of_world();
}

int guarded_main(int& argc, char**& argv, const std::function<int(Comm& world)>& body) noexcept {
  int code = static_cast<int>(ExitCode::transient);
  int provided = 0;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    print_error("MPI_Init_thread failed; check the launcher", std::nullopt);
    return code;
  }
  try {
    const Comm ends =
        duplicate_of_world();  // its own communicator: body's pending calls do not disturb it
    Comm world = duplicate_of_world();
    code = settle(ends, run_body(world, body));
  } catch (const std::exception& error) {
    print_error(error.what(), std::nullopt);
    MPI_Abort(MPI_COMM_WORLD, code);
  }
  MPI_Finalize();
  return code;
}

}  // namespace skyweft::mpi
