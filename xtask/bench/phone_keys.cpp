// How many numbers a second get their E.164 form by libphonenumber's own C++, for comparison with ours
// (domain/benches/phone_keys.rs): the same numbers, and the same line printed.
//
// phone_keys FIXTURE

#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

struct Reading {
  std::string region, e164, text;
};

static std::vector<Reading> read(const char* path) {
  std::vector<Reading> readings;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> columns;
    std::istringstream text(line);
    for (std::string column; std::getline(text, column, '\t');) columns.push_back(column);
    if (columns.size() != 6) continue;
    readings.push_back({columns[0], columns[2], columns[3]});
    readings.push_back({columns[0], columns[2], columns[4]});
  }
  return readings;
}

static size_t pass(const PhoneNumberUtil& util, const std::vector<Reading>& readings) {
  size_t right = 0;
  for (const Reading& reading : readings) {
    PhoneNumber number;
    std::string key;
    if (util.Parse(reading.text, reading.region, &number) == PhoneNumberUtil::NO_PARSING_ERROR) {
      util.Format(number, PhoneNumberUtil::E164, &key);
    }
    right += key == reading.e164;
  }
  return right;
}

int main(int, char** arguments) {
  const std::vector<Reading> readings = read(arguments[1]);
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  // The first pass builds what the library keeps.
  const size_t right = pass(util, readings);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  unsigned passes = 0;
  for (; elapsed() < 1; ++passes) {
    if (pass(util, readings) != right) return 1;
  }
  std::cout << static_cast<long>(passes * readings.size() / elapsed()) << ' ' << right << ' ' << readings.size()
            << std::endl;
}
