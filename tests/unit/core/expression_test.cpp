// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/expression.hpp"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

Value example(std::string_view name) {
  static const std::map<std::string, Value, std::less<>> kValues{
      {"EXPTIME", 2.5},
      {"GAIN", 4.0},
      {"TEMP", -3.0},
      {"OBJECT", std::string{"Sky Flat 12"}},
      {"DATE", std::string{"2017-12-20"}},
      {"TIME", std::string{"01:33:43"}},
      {"BAD", kNaN},
      {"LONG", std::string(40000, 'a')}};
  const auto it = kValues.find(name);
  return it == kValues.end() ? Value{} : it->second;
}

Value value_of(const std::string& text) {
  return Expression::parse(text).evaluate(example);
}

double number_of(const std::string& text) {
  const Value value = value_of(text);
  const auto* number = std::get_if<double>(&value);
  EXPECT_NE(number, nullptr) << text << " is " << spelled(value);
  return number != nullptr ? *number : kNaN;
}

std::string text_of(const std::string& text) {
  const Value value = value_of(text);
  const auto* out = std::get_if<std::string>(&value);
  EXPECT_NE(out, nullptr) << text << " is " << spelled(value);
  return out != nullptr ? *out : "?";
}

std::string parse_error_of(const std::string& text) {
  try {
    Expression::parse(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_config);
    return e.text();
  }
  return "no error";
}

std::string value_error_of(const std::string& text) {
  try {
    value_of(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    return e.text();
  }
  return "no error";
}

TEST(Expression, FollowsTheUsualPrecedence) {
  EXPECT_EQ(number_of("1+2*3"), 7.0);
  EXPECT_EQ(number_of("(1+2)*3"), 9.0);
  EXPECT_EQ(number_of("10-4-3"), 3.0);
  EXPECT_EQ(number_of("16/4/2"), 2.0);
  EXPECT_EQ(number_of("2^3^2"), 512.0);
  EXPECT_EQ(number_of("-2^2"), -4.0);
  EXPECT_EQ(number_of("2^-1"), 0.5);
  EXPECT_EQ(number_of("--EXPTIME"), 2.5);
  EXPECT_EQ(number_of("1.5e3 / EXPTIME"), 600.0);
  EXPECT_EQ(number_of("-7 % 4"), 1.0);  // the divisor's sign
  EXPECT_EQ(number_of("7 % -4"), -1.0);
  EXPECT_EQ(number_of(".5 + 1."), 1.5);
}

TEST(Expression, ComparesBeforeItNegatesAndJoins) {
  EXPECT_EQ(number_of("1 == 1 and 2 > 3"), 0.0);
  EXPECT_EQ(number_of("1 == 2 or 2 <= 2"), 1.0);
  EXPECT_EQ(number_of("not 1 == 2"), 1.0);
  EXPECT_EQ(number_of("not 0 and 0"), 0.0);   // (not 0) and 0
  EXPECT_EQ(number_of("1 or 0 and 0"), 1.0);  // 1 or (0 and 0)
  EXPECT_EQ(number_of("1 + 1 >= 2"), 1.0);
  EXPECT_EQ(number_of("'a' < 'b' and 'B' != 'b'"), 1.0);
  EXPECT_EQ(number_of("'10' < '9'"), 1.0);  // byte by byte
}

TEST(Expression, JoinsTexts) {
  EXPECT_EQ(text_of("DATE + 'T' + TIME"), "2017-12-20T01:33:43");
  EXPECT_EQ(text_of("\"it's\" + ' \"'"), "it's \"");
  EXPECT_EQ(text_of("'' + ''"), "");
}

TEST(Expression, OfMissingIsMissing) {
  for (const char* text : {"NONE", "NONE + 1", "-NONE", "NONE == NONE", "not NONE", "lower(NONE)",
                           "max(1, NONE)", "if(NONE, 1, 2)", "NONE ?? NONE", "1 and NONE",
                           "NONE or 0", "BAD", "sqrt(-1)", "1 / 0", "10 ^ 400", "number('x')"})
    EXPECT_TRUE(is_missing(value_of(text))) << text;
}

TEST(Expression, KnowsWhatToDoWithoutAValue) {
  EXPECT_EQ(number_of("NONE ?? GAIN"), 4.0);
  EXPECT_EQ(number_of("EXPTIME ?? GAIN"), 2.5);
  EXPECT_EQ(number_of("NONE ?? OTHER ?? 7"), 7.0);
  EXPECT_EQ(number_of("NONE ?? 1 > 0"), 1.0);  // (NONE ?? 1) > 0
  EXPECT_EQ(number_of("NONE ?? 1 + 1"), 2.0);  // NONE ?? (1 + 1)
  EXPECT_EQ(number_of("defined(GAIN)"), 1.0);
  EXPECT_EQ(number_of("defined(NONE)"), 0.0);
  EXPECT_EQ(number_of("0 and NONE"), 0.0);
  EXPECT_EQ(number_of("NONE and 0"), 0.0);
  EXPECT_EQ(number_of("1 or NONE"), 1.0);
  EXPECT_EQ(number_of("NONE or 1"), 1.0);
}

TEST(Expression, EvaluatesOnlyWhatItTakes) {
  EXPECT_EQ(number_of("if(1, 2, 'a' * 3)"), 2.0);
  EXPECT_EQ(number_of("if(0, 'a' * 3, 2)"), 2.0);
  EXPECT_EQ(number_of("0 and 'a' * 3"), 0.0);
  EXPECT_EQ(number_of("1 or 'a' * 3"), 1.0);
  EXPECT_EQ(number_of("1 ?? 'a' * 3"), 1.0);
  int n_lookup = 0;
  Expression::parse("if(A, B, C)").evaluate([&](std::string_view) -> Value {
    ++n_lookup;
    return 1.0;
  });
  EXPECT_EQ(n_lookup, 2);
}

TEST(ExpressionFunction, OfNumbers) {
  EXPECT_EQ(number_of("abs(TEMP)"), 3.0);
  EXPECT_EQ(number_of("min(3, 1, 2) + max(3, 1, 2)"), 4.0);
  EXPECT_EQ(number_of("floor(-1.5) + ceil(1.2) + round(2.5)"), 3.0);
  EXPECT_EQ(number_of("sqrt(16) + log10(1000)"), 7.0);
  EXPECT_EQ(number_of("log(exp(1))"), std::log(std::exp(1.0)));
  EXPECT_EQ(number_of("sin(1)"), std::sin(1.0));
  EXPECT_EQ(number_of("cos(pi)"), -1.0);
  EXPECT_EQ(number_of("tan(1)"), std::tan(1.0));
}

TEST(ExpressionFunction, OfTexts) {
  EXPECT_EQ(text_of("lower(OBJECT) + upper('x')"), "sky flat 12X");
  EXPECT_EQ(text_of("trim('  a b ')"), "a b");
  EXPECT_EQ(number_of("length('abc')"), 3.0);
  EXPECT_EQ(text_of("substr('abcdef', 2, 3)"), "cde");
  EXPECT_EQ(text_of("substr('abc', -1, 2)"), "a");  // what of it exists
  EXPECT_EQ(text_of("substr('abc', 9, 2)"), "");
  EXPECT_EQ(number_of("contains(OBJECT, 'Flat')"), 1.0);
  EXPECT_EQ(number_of("starts_with(OBJECT, 'Flat')"), 0.0);
  EXPECT_EQ(number_of("ends_with(OBJECT, '12')"), 1.0);
  EXPECT_EQ(text_of("replace('a-b-c', '-', '')"), "abc");
  EXPECT_EQ(text_of("replace('aaa', 'aa', 'b')"), "ba");
  EXPECT_EQ(text_of("replace('abc', '', 'x')"), "abc");
  EXPECT_EQ(text_of("part('n1_R_0007', '_', 1)"), "R");
  EXPECT_EQ(text_of("part('n1_R_0007', '_', -1)"), "0007");
  EXPECT_TRUE(is_missing(value_of("part('a_b', '_', 2)")));
  EXPECT_TRUE(is_missing(value_of("part('a_b', '_', -3)")));
}

TEST(ExpressionFunction, MatchesGlobs) {
  for (const char* glob : {"*", "Sky*", "*Flat*", "Sky ???? 12", "S*1*2", "Sky Flat 12", "**"})
    EXPECT_EQ(number_of(std::string{"matches(OBJECT, '"} + glob + "')"), 1.0) << glob;
  for (const char* glob : {"", "sky*", "Flat", "Sky ??? 12", "*3", "Sky Flat 12?"})
    EXPECT_EQ(number_of(std::string{"matches(OBJECT, '"} + glob + "')"), 0.0) << glob;
}

TEST(ExpressionFunction, ConvertsBetweenNumbersAndTexts) {
  EXPECT_EQ(number_of("number('060.00') + number('+1.5D1') + number(' 2 ')"), 77.0);
  EXPECT_EQ(text_of("text(2.5) + text(60)"), "2.560");
  EXPECT_EQ(number_of("sexagesimal('-00:30:00')"), -0.5);
  EXPECT_EQ(number_of("sexagesimal('12h30m')"), 12.5);
  EXPECT_EQ(number_of("sexagesimal('12 15')"), 12.25);
  for (const char* text : {"12", "12:60", "12:-1", "a:b", "1:2:3:4", "12m30", ""})
    EXPECT_TRUE(is_missing(value_of(std::string{"sexagesimal('"} + text + "')"))) << text;
}

TEST(Expression, NamesAreListedOnceInOrder) {
  const Expression e = Expression::parse("B + A * B - if(defined(C), pi, lower(D))");
  EXPECT_EQ(e.names(), (std::vector<std::string>{"B", "A", "C", "D"}));
  EXPECT_EQ(e.text(), "B + A * B - if(defined(C), pi, lower(D))");
}

TEST(Expression, HoldsWhenItIsANumberOtherThanZero) {
  EXPECT_TRUE(Expression::parse("GAIN == 4").holds(example));
  EXPECT_TRUE(Expression::parse("TEMP").holds(example));
  EXPECT_FALSE(Expression::parse("0").holds(example));
  EXPECT_FALSE(Expression::parse("NONE == 4").holds(example));
  EXPECT_THROW(Expression::parse("OBJECT").holds(example), Error);
}

TEST(ExpressionError, NamesTheCharacterOfTheMistake) {
  const auto says = [](const std::string& text, const char* what) {
    const std::string error = parse_error_of(text);
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  says("", "a value is missing at character 1");
  says("1 +", "a value is missing at character 4");
  says("(1", "expected ) at character 3");
  says("1 2", "unexpected text at character 3");
  says("'abc", "a text is not closed at character 1");
  says("A = 1", "= is written == at character 3");
  says("A && B", "& is written and at character 3");
  says("1 < 2 < 3", "comparisons do not chain; join them with and at character 7");
  says("1e999", "bad number at character 1");
  says("1.2.3", "bad number at character 1");
  says("2x", "bad number at character 1");
  says("1 + lowr(A)", "unknown function lowr (did you mean lower?) at character 5");
  says("substr(A, 1)", "substr() takes 3 argument(s), not 2 at character 1");
  says("defined('A')", "defined() needs a name at character 9");
  says("or 1", "a value is missing at character 1");
  says("A\n", "A\\x0a");
}

TEST(ExpressionError, NamesOperatorAndValues) {
  const auto says = [](const std::string& text, const char* what) {
    const std::string error = value_error_of(text);
    EXPECT_NE(error.find(what), std::string::npos) << error;
  };
  says("OBJECT * 2", "'Sky Flat 12' * 2 does not fit together");
  says("1 + 'a\x1b'", "1 + 'a\\x1b' does not fit together");
  says("'a' - 'b'", "'a' - 'b' does not fit together");
  says("GAIN == 'x'", "4 == 'x' does not fit together");
  says("OBJECT and 1", "and needs a number or a comparison, not the text 'Sky Flat 12'");
  says("-DATE", "- '2017-12-20' does not fit together");
  says("sqrt('4')", "sqrt() needs a number, not '4'; number() converts");
  says("lower(4)", "lower() needs a text, not 4; text() converts");
  says("substr('a', 0.5, 1)", "substr() needs a whole number, not 0.5");
}

TEST(ExpressionError, RefusesWhatGrowsWithoutLimit) {
  const std::string deep = std::string(60, '(') + "1" + std::string(60, ')');
  EXPECT_EQ(number_of(deep), 1.0);
  for (const char* piece : {"(", "-", "not ", "2^", "A ?? ", "abs("}) {
    std::string text;
    for (int i = 0; i < 600; ++i) text += piece;
    EXPECT_NE(parse_error_of(text + "1").find("too deeply"), std::string::npos) << piece;
  }
  std::string sum = "1";
  for (int i = 0; i < 100; ++i) sum += "+1";
  EXPECT_NE(parse_error_of(sum).find("too deeply"), std::string::npos);
  EXPECT_NE(parse_error_of(std::string(4097, ' ')).find("4096"), std::string::npos);
  // Fifteen sums of 41 numbers and 40 additions: few levels, but 1215 operations.
  std::string sums = "1";
  for (int i = 0; i < 40; ++i) sums += "+1";
  std::string rows = sums;
  for (int i = 0; i < 14; ++i) rows += "," + sums;
  EXPECT_NE(parse_error_of("max(" + rows + ")").find("1000 operations"), std::string::npos);
  std::string many;
  for (int i = 0; i < 70; ++i) many += many.empty() ? "max(1" : ",1";
  EXPECT_NE(parse_error_of(many + ")").find("takes 1 to 16"), std::string::npos);
  EXPECT_NE(value_error_of("LONG + LONG").find("65536"), std::string::npos);
  EXPECT_NE(value_error_of("replace(LONG, 'a', 'bb')").find("65536"), std::string::npos);
}

}  // namespace
