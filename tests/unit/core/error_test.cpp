// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/error.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

constexpr Errc kAll[] = {Errc::usage,   Errc::bad_config, Errc::bad_input, Errc::io,
                         Errc::numeric, Errc::mpi,        Errc::internal};

TEST(Error, ReadsFromTheOutermostContextToTheCause) {
  try {
    try {
      throw Error{Errc::io, "cannot read HDU 2"};
    } catch (Error& e) {
      e.during("frame night1/0012.fits");
      e.during("run of field M35");
      throw;
    }
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "run of field M35: frame night1/0012.fits: cannot read HDU 2");
    EXPECT_EQ(e.text(), "cannot read HDU 2");
    EXPECT_EQ(e.code(), Errc::io);
  }
}

TEST(Error, IsAStandardException) {
  EXPECT_THROW(throw(Error{Errc::numeric, "singular"}), std::exception);
}

TEST(Error, RemembersWhereItWasThrown) {
  const auto line = std::source_location::current().line() + 1;
  const Error e{Errc::internal, "a"};
  EXPECT_EQ(e.where().line(), line);
  EXPECT_NE(std::string{e.where().file_name()}.find("error_test.cpp"), std::string::npos);
}

TEST(Error, CarriesNoTestUnlessGivenOne) {
  EXPECT_FALSE((Error{Errc::bad_input, "a"}.test().has_value()));
}

TEST(ErrorBecause, KeepsTheNumbersOfTheFailedTestThroughThrowAndCopy) {
  try {
    throw Error{Errc::bad_input, "too few stars"}.because({"n_matched", 3, 6});
  } catch (Error& caught) {
    caught.during("frame 7");
    const Error copy = caught;
    ASSERT_TRUE(copy.test().has_value());
    EXPECT_EQ(copy.test()->name, "n_matched");
    EXPECT_EQ(copy.test()->measured, 3.0);
    EXPECT_EQ(copy.test()->threshold, 6.0);
    EXPECT_STREQ(copy.what(), "frame 7: too few stars");
  }
}

TEST(ExitCode, OfEveryErrorIsTheDocumentedOne) {
  EXPECT_EQ(exit_code_of(Errc::usage), ExitCode::usage);
  EXPECT_EQ(exit_code_of(Errc::bad_config), ExitCode::bad_config);
  EXPECT_EQ(exit_code_of(Errc::bad_input), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(Errc::numeric), ExitCode::bad_input);
  EXPECT_EQ(exit_code_of(Errc::io), ExitCode::transient);
  EXPECT_EQ(exit_code_of(Errc::mpi), ExitCode::transient);
  EXPECT_EQ(exit_code_of(Errc::internal), ExitCode::internal);
}

TEST(ExitCode, NumbersAreStable) {
  EXPECT_EQ(static_cast<int>(ExitCode::complete), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::internal), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::usage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::bad_config), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::bad_input), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::too_many_rejects), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::out_of_time), 6);
  EXPECT_EQ(static_cast<int>(ExitCode::transient), 7);
  EXPECT_EQ(static_cast<int>(ExitCode::verification_failed), 8);
}

TEST(ExitCode, OfAnErrorIsNeverSuccess) {
  for (const Errc code : kAll) EXPECT_NE(exit_code_of(code), ExitCode::complete);
}

TEST(ErrcName, DiffersForEveryCode) {
  for (const Errc a : kAll)
    for (const Errc b : kAll) EXPECT_EQ(a == b, name_of(a) == name_of(b));
}

}  // namespace
