/// The objects of a recorded list, one after the other while its JSON is being read: as values all objects of a large
/// cluster together would take gigabytes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kube/objects.h"

namespace keelson::fleet {

/// What nlohmann::json::sax_parse() tells. Lists that are of no use here and long in every real cluster are not kept.
class ItemReader {
 public:
  using json = kube::json;
  /// Asked for each object two levels deep: takes it, or says false, and it stays in the document.
  using Take = std::function<bool(json& item)>;
  using Fail = std::function<void(const std::string& why)>;  ///< throws

  ItemReader(Take take, Fail fail) : take_(std::move(take)), fail_(std::move(fail)) {}

  /// What nobody took.
  json& document() { return document_; }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(json::number_integer_t value) { return put(value); }
  bool number_unsigned(json::number_unsigned_t value) { return put(value); }
  bool number_float(json::number_float_t value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(json::binary_t&) { return false; }  // JSON has none
  bool key(std::string& name);
  bool start_object(std::size_t) { return open(json::object()); }
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool parse_error(std::size_t, const std::string&, const json::exception& error);

 private:
  bool put(json value);
  bool open(json value);
  json& place(json value);

  Take take_;
  Fail fail_;
  json document_;
  std::vector<json*> open_;  ///< the lists and objects that have not ended, the outermost first
  json* member_ = nullptr;   ///< where the next value of the innermost object goes
  bool useless_ = false;     ///< the last key was of a list that is not kept
  std::size_t ignored_ = 0;  ///< how many levels of one are open
};

}  // namespace keelson::fleet
