#include "kube/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "kube/quantity.h"
#include "kube/selector.h"

namespace keelson::kube {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(Objects, FieldsAreFoundOrEmptyWhateverTheyHold) {
  const json pod = json::parse(R"({"metadata":{"name":"a","namespace":"b","uid":7,"labels":{"x":"y","n":1},
      "annotations":{"k/n":"v"},"ownerReferences":[{"kind":"X"},{"kind":"Set","name":"s","controller":true}]},
      "status":{"conditions":[{"type":"Ready","status":"True","reason":"R"}, 5]},"spec":{"n":18446744073709551615}})");
  EXPECT_EQ(key_of(pod), "b/a");
  EXPECT_EQ(uid_of(pod), "");
  EXPECT_EQ(labels_of(pod), (Labels{{"x", "y"}}));
  EXPECT_EQ(annotation_of(pod, "k/n"), "v");
  EXPECT_EQ(annotation_of(pod, "k"), std::nullopt);
  EXPECT_EQ(controller_of(pod)->name, "s");
  EXPECT_EQ(condition_of(pod, "Ready")->reason, "R");
  EXPECT_FALSE(condition_of(pod, "Other"));
  EXPECT_EQ(number_at(pod, {"spec", "n"}), std::nullopt);
  for (const json& odd :
       {json(), json(3), json::array({1}), json{{"metadata", 3}}, json{{"status", {{"conditions", 3}}}}}) {
    EXPECT_EQ(name_of(odd), "");
    EXPECT_TRUE(labels_of(odd).empty());
    EXPECT_FALSE(condition_of(odd, "Ready"));
    EXPECT_FALSE(controller_of(odd));
    EXPECT_FALSE(is_being_deleted(odd));
  }
}

TEST(Objects, ManagedFieldsMayBeDropped) {
  json node = json::parse(R"({"metadata":{"name":"a","managedFields":[{}]}})");
  drop_managed_fields(node);
  EXPECT_EQ(node, json::parse(R"({"metadata":{"name":"a"}})"));
  for (json odd : {json(), json(3), json{{"metadata", 3}}}) drop_managed_fields(odd);
}

std::int64_t value(std::string_view text) { return Quantity::parse(text).value().value(); }
std::int64_t milli(std::string_view text) { return Quantity::parse(text).value().milli_value(); }

TEST(Quantity, ReadsWhatKubernetesWrites) {
  EXPECT_EQ(milli("100m"), 100);
  EXPECT_EQ(value("1Gi"), 1 << 30);
  EXPECT_EQ(value("2e3"), 2000);
  EXPECT_EQ(value("2E3"), 2000);
  EXPECT_EQ(value("1E"), 1'000'000'000'000'000'000);
  EXPECT_EQ(value("7Ei"), 7LL << 60);
  EXPECT_EQ(value("1.5k"), 1500);
  EXPECT_EQ(value("1.5Ki"), 1536);
  EXPECT_EQ(value("0.5Gi"), 1 << 29);
  EXPECT_EQ(value(".5Ki"), 512);
  EXPECT_EQ(value("5."), 5);
  EXPECT_EQ(value("+3M"), 3'000'000);
  EXPECT_EQ(value("-3Mi"), -(3 << 20));
  EXPECT_EQ(value("1e-3"), 1) << "rounded up";
  EXPECT_EQ(milli("1e+1"), 10'000);
  EXPECT_EQ(milli("2000u"), 2);
  EXPECT_EQ(value("000123"), 123);
  EXPECT_EQ(value("0"), 0);
  EXPECT_EQ(value("129536Ki"), 129536LL << 10);
}

TEST(Quantity, RoundsUpWhatIsFinerAndCutsWhatIsLarger) {
  EXPECT_EQ(*Quantity::parse("0.1n"), *Quantity::parse("1n"));
  EXPECT_EQ(*Quantity::parse("1e-2000"), *Quantity::parse("1n"));
  EXPECT_EQ(*Quantity::parse("1.0000000001"), *Quantity::parse("1000000001n"));
  EXPECT_EQ(*Quantity::parse("-0.1n"), *Quantity::parse("-1n"));
  EXPECT_EQ(value("8Ei"), kMost);
  EXPECT_EQ(value("100E"), kMost);
  EXPECT_EQ(value("1e999999999999"), kMost);
  EXPECT_EQ(value("-100E"), -kMost);
  EXPECT_EQ(value("9223372036854775807"), kMost);
  EXPECT_EQ(value("9223372036854775808"), kMost);
  EXPECT_EQ(value("9223372036854775806"), kMost - 1);
  EXPECT_EQ(value("7999999999999999999999999999999.5Ei"), kMost);
  EXPECT_EQ(value(std::string(500, '9')), kMost);
  EXPECT_EQ(value("0." + std::string(400, '0') + "1"), 1);
  EXPECT_EQ(value("0e2000"), 0);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* wrong :
       {"",    "m",     "Gi",    "1g",   "1ki",  "1KI", "1i", "1.1.1", "1 Gi", " 1",  "1 ", "--1", "+-1",  "1e",
        "1e+", "1e--3", "1e+-3", "1e3k", "0x10", ".",   "-",  "1Gib",  "1,5",  "1\n", "1 ", "NaN", "1e1.5"}) {
    EXPECT_FALSE(Quantity::parse(wrong)) << wrong;
  }
  EXPECT_FALSE(Quantity::parse(std::string(513, '1')));
}

TEST(Quantity, CanBeAddedAndCompared) {
  const auto sum = *Quantity::parse("900m") + *Quantity::parse("0.1");
  EXPECT_EQ(sum, *Quantity::parse("1"));
  EXPECT_LT(*Quantity::parse("1G"), *Quantity::parse("1Gi"));
  EXPECT_EQ((*Quantity::parse("1") - *Quantity::parse("2")).value(), -1);
}

TEST(Selector, TextFormsMatchAsTheApiDoes) {
  const Labels labels{{"app", "web"}, {"tier", ""}, {"n", "5"}, {"k8s.io/x", "y"}};
  for (const char* yes :
       {"", "app", "app=web", "app==web", "app!=db", "other!=db", "!other", "tier=", "app in (web,db)", "app in(web)",
        "app notin (db)", "other notin (db)", "n>4", "n<6", "app = web , !other", "k8s.io/x=y", "tier in (,a)"}) {
    EXPECT_TRUE(Selector::parse(yes).matches(labels)) << yes;
  }
  for (const char* no : {"other", "app=db", "app!=web", "!app", "app in (db)", "app notin (web,db)", "n>5", "n<5",
                         "app>1", "other>1", "app=web,other", "tier=a"}) {
    EXPECT_FALSE(Selector::parse(no).matches(labels)) << no;
  }
  EXPECT_FALSE(Selector::nothing().matches(labels));
}

TEST(Selector, MistakesAreRefused) {
  for (const char* wrong : {"=a", "a=b,", ",a", "a in", "a in ()x", "a in (b", "a b", "a in b", "a>x", "-a", "a=b c",
                            "a=-b", "a/b/c=d", "A.B/c", "a=(b)", "!a=b", "a!b", "a<<1", "!!a"}) {
    EXPECT_THROW(Selector::parse(wrong), Error) << wrong;
  }
  EXPECT_THROW(Selector::parse(std::string(64, 'a')), Error);
  EXPECT_THROW(Selector::parse("a=" + std::string(64, 'a')), Error);
  EXPECT_THROW(Selector::parse(std::string(100'000, 'a')), Error);
}

TEST(Selector, ObjectsAndTextsSayTheSame) {
  const auto object =
      json::parse(R"({"matchLabels":{"b":"x"},"matchExpressions":[{"key":"a","operator":"In","values":["2","1"]},
      {"key":"c","operator":"NotIn","values":["3"]},{"key":"d","operator":"Exists"},{"key":"e","operator":"DoesNotExist"}]})");
  const Selector selector = Selector::from_object(object);
  EXPECT_EQ(selector.text(), "a in (1,2),b=x,c!=3,d,!e");
  EXPECT_EQ(Selector::parse(selector.text()).text(), selector.text());
  EXPECT_TRUE(selector.matches({{"a", "1"}, {"b", "x"}, {"d", ""}}));
  EXPECT_FALSE(selector.matches({{"a", "1"}, {"b", "x"}, {"d", ""}, {"e", ""}}));
  EXPECT_TRUE(Selector::from_object(json::object()).matches({}));
}

TEST(Selector, ObjectsThatAreNoneAreRefused) {
  for (const char* wrong : {R"([])", R"({"matchLabels":[]})", R"({"matchLabels":{"a":1}})",
                            R"({"matchExpressions":[{"key":"a","operator":"in","values":["x"]}]})",
                            R"({"matchExpressions":[{"key":"a","operator":"In"}]})",
                            R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["x"]}]})",
                            R"({"matchExpressions":[{"operator":"Exists"}]})",
                            R"({"matchExpressions":[{"key":"a","operator":"In","values":[1]}]})"}) {
    EXPECT_THROW(Selector::from_object(json::parse(wrong)), Error) << wrong;
  }
}

}  // namespace
}  // namespace keelson::kube
