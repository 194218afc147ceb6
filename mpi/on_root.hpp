// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "mpi/comm.hpp"
#include "mpi/gather.hpp"

namespace skyweft::mpi {

/// Runs `work` on root alone and hands its result to every rank; when it throws, every rank throws
/// the same Error. Decide together, then communicate. Collective: yes.
template <class Work>
auto on_root(const Comm& comm, Work work) -> decltype(work()) {
  using Result = decltype(work());
  Result result{};
  std::string trouble;
  int code = 0;
  std::pair<std::string, std::pair<double, double>> test;
  if (comm.is_root()) {
    try {
      result = work();
    } catch (const Error& error) {
      trouble = error.text().empty() ? std::string{"failed"} : std::string{error.what()};
      code = static_cast<int>(error.code());
      if (error.test())
        test = {error.test()->name, {error.test()->measured, error.test()->threshold}};
    } catch (const std::exception& error) {
      trouble = error.what();
      code = static_cast<int>(Errc::internal);
    }
  }
  bcast_object(comm, trouble);
  if (!trouble.empty()) {
    bcast_object(comm, code);
    bcast_object(comm, test);
    Error error{static_cast<Errc>(code), trouble};
    if (!test.first.empty())
      throw std::move(error).because({test.first, test.second.first, test.second.second});
    throw error;
  }
  bcast_object(comm, result);
  return result;
}

/// The same for work without a result.
template <class Work>
void do_on_root(const Comm& comm, Work work) {
  on_root(comm, [&] {
    work();
    return 0;
  });
}

}  // namespace skyweft::mpi
