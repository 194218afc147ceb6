// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;

namespace {

using Labels = std::vector<std::string>;

/// The value of one variable's expression with x = 2.75, y = -3.
double value_of(const std::string& expression) {
  const Terms terms = Terms::parse("{" + expression + "}");
  std::vector<double> values;
  for (const auto& name : terms.names()) values.push_back(name == "x" ? 2.75 : -3.0);
  double out = 0.0;
  terms.evaluate(values, {&out, 1});
  return out;
}

std::string error_of(const std::string& text) {
  try {
    Terms::parse(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_config);
    return e.text();
  }
  return "no error";
}

TEST(Terms, OfAnExpansionRunByDegreeAndThenByPowerOfTheFirstVariable) {
  EXPECT_EQ(Terms::parse("O2{x,y}").labels(), (Labels{"1", "x", "y", "x^2", "x*y", "y^2"}));
  EXPECT_EQ(Terms::parse("O0{}").labels(), Labels{"1"});
  EXPECT_EQ(Terms::parse("O1{a,b,c}").labels(), (Labels{"1", "a", "b", "c"}));
}

TEST(Terms, OfAListAreTheListWithoutConstant) {
  const Terms terms = Terms::parse(" { b , a } ");
  EXPECT_EQ(terms.labels(), (Labels{"b", "a"}));
  EXPECT_EQ(terms.names(), (Labels{"b", "a"}));
  EXPECT_FALSE(terms.has_constant());
}

TEST(Terms, OfAUnionDropTheConstantOfLaterOperands) {
  EXPECT_EQ(Terms::parse("O1{x} + O1{y} + {z}").labels(), (Labels{"1", "x", "y", "z"}));
  EXPECT_EQ(Terms::parse("{x} + O1{y}").labels(), (Labels{"x", "y"}));
  EXPECT_TRUE(Terms::parse("O1{x} + O1{y}").has_constant());
}

TEST(Terms, OfAProductVaryTheFirstFactorFastest) {
  EXPECT_EQ(Terms::parse("O1{a}*O1{x,y}").labels(), (Labels{"1", "a", "x", "a*x", "y", "a*y"}));
  EXPECT_EQ(Terms::parse("{x}*O1{x}").labels(), (Labels{"x", "x^2"}));
}

TEST(Terms, ShareVariablesAndNamesBetweenSets) {
  const Terms terms = Terms::parse("O1{x % 1} + {x%1, x}*{y}");
  EXPECT_EQ(terms.names(), (Labels{"x", "y"}));
  EXPECT_EQ(terms.labels(), (Labels{"1", "(x%1)", "(x%1)*y", "x*y"}));
}

TEST(Terms, CountTheHatStyleExample) {
  // 15 + (3·6 − 1) + (2·3 − 1) + (3 − 1)
  const Terms terms =
      Terms::parse("O4{xi,eta} + O2{R}*O2{xi,eta} + O1{J-K}*O1{xi,eta} + O1{x%1,y%1}");
  EXPECT_EQ(terms.n_term(), 39);
  EXPECT_EQ(terms.names(), (Labels{"xi", "eta", "R", "J", "K", "x", "y"}));
}

TEST(TermExpression, FollowsTheUsualPrecedence) {
  EXPECT_EQ(value_of("1+2*3"), 7.0);
  EXPECT_EQ(value_of("(1+2)*3"), 9.0);
  EXPECT_EQ(value_of("10-4-3"), 3.0);
  EXPECT_EQ(value_of("16/4/2"), 2.0);
  EXPECT_EQ(value_of("1.5e1*x"), 41.25);
}

TEST(TermExpression, RaisesFromTheRightAndNegatesAfterRaising) {
  EXPECT_EQ(value_of("2^3^2"), 512.0);
  EXPECT_EQ(value_of("-2^2"), -4.0);
  EXPECT_EQ(value_of("2^-1"), 0.5);
  EXPECT_EQ(value_of("--x"), 2.75);
  EXPECT_EQ(value_of("3*-y"), 9.0);
}

TEST(TermExpression, TakesThePercentSignAsThePhaseEvenBelowZero) {
  EXPECT_EQ(value_of("x%1"), 0.75);
  EXPECT_EQ(value_of("-x%1"), 0.25);
  EXPECT_EQ(value_of("7%y"), -2.0);  // the sign of the divisor, as in Python
}

TEST(TermExpression, KnowsItsFunctionsAndPi) {
  EXPECT_NEAR(value_of("sin(x)"), std::sin(2.75), 5e-16);  // as documented
  EXPECT_NEAR(value_of("cos(x)"), std::cos(2.75), 5e-16);
  EXPECT_EQ(value_of("tan(x)"), std::tan(2.75));
  EXPECT_EQ(value_of("sqrt(x)"), std::sqrt(2.75));
  EXPECT_EQ(value_of("abs(y)"), 3.0);
  EXPECT_EQ(value_of("log(x)"), std::log(2.75));
  EXPECT_EQ(value_of("log10(100)"), 2.0);
  EXPECT_EQ(value_of("exp(x)"), std::exp(2.75));
  EXPECT_EQ(value_of("pi"), M_PI);
}

TEST(TermExpression, TakesFloorsAndExtremes) {
  EXPECT_EQ(value_of("floor(x)"), 2.0);
  EXPECT_EQ(value_of("floor(-x)"), -3.0);
  EXPECT_EQ(value_of("floor(y)"), -3.0);
  EXPECT_EQ(value_of("floor(1e300)"), 1e300);
  EXPECT_EQ(value_of("min(x, y)"), -3.0);
  EXPECT_EQ(value_of("max(x, y, 4 - 1)"), 3.0);
  EXPECT_TRUE(std::isnan(value_of("max(0/0, x)")));
  EXPECT_TRUE(std::isnan(value_of("min(x, 0/0)")));
  EXPECT_EQ(Terms::parse("O1{max(x,y), x}").labels(), (Labels{"1", "(max(x,y))", "x"}));
}

TEST(TermExpression, TurnsFarAnglesToo) {
  EXPECT_EQ(value_of("sin(1e7*x)"), std::sin(2.75e7));
  EXPECT_TRUE(std::isnan(value_of("cos(x/0)")));
  EXPECT_EQ(value_of("cos(0)"), 1.0);
  EXPECT_EQ(value_of("sin(0)"), 0.0);
}

TEST(TermsError, NamesTheCharacterOfTheMistake) {
  EXPECT_NE(error_of("O2{x,y").find("expected , or } at character 7"), std::string::npos);
  EXPECT_NE(error_of("O{x}").find("a digit must follow O at character 2"), std::string::npos);
  EXPECT_NE(error_of("x").find("expected { at character 1"), std::string::npos);
  EXPECT_NE(error_of("{x} y").find("unexpected text at character 5"), std::string::npos);
  EXPECT_NE(error_of("{x+}").find("expression expected at character 4"), std::string::npos);
  EXPECT_NE(error_of("{sinh(x)}").find("unknown function sinh"), std::string::npos);
  EXPECT_NE(error_of("{(x}").find("expected ) at character 4"), std::string::npos);
  EXPECT_NE(error_of("{min(x)}").find("expected , and a second argument"), std::string::npos);
  EXPECT_NE(error_of("{sin(x,y)}").find("expected ) at character 7"), std::string::npos);
  EXPECT_NE(error_of("{1e999}").find("bad number at character 2"), std::string::npos);
}

TEST(TermsError, RefusesEmptyTermsAndTwoDigitDegrees) {
  for (const char* text : {"", "{}", "{}*{x}"}) EXPECT_NE(error_of(text), "no error") << text;
  EXPECT_NE(error_of("O12{x}"), "no error");
}

TEST(TermsError, RefusesDepthTermsAndVariablesWithoutLimit) {
  EXPECT_EQ(error_of("{" + std::string(20, '(') + "x" + std::string(20, ')') + "}"), "no error");
  EXPECT_NE(error_of("{" + std::string(100000, '(') + "x").find("too deeply"), std::string::npos);
  EXPECT_NE(error_of("{" + std::string(100000, '-') + "x}").find("too deeply"), std::string::npos);
  std::string list = "v0";
  for (int i = 1; i < 99; ++i) list += ",v" + std::to_string(i);
  EXPECT_EQ(Terms::parse("O2{" + list + "}").n_term(), 100 * 101 / 2);
  EXPECT_NE(error_of("O9{" + list + "}").find("too many terms"), std::string::npos);
  EXPECT_NE(error_of("O2{" + list + "}+O2{" + list + "}+O2{" + list + "}").find("too many terms"),
            std::string::npos);
  EXPECT_NE(error_of("O1{" + list + "}*O2{" + list + "}").find("too many terms"),
            std::string::npos);
  EXPECT_NE(error_of("{" + list + ",a,b}").find("too many variables"), std::string::npos);
}

}  // namespace
