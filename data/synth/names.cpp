#include "data/synth/names.h"

#include <array>
#include <string_view>

namespace marquee::data::synth {

namespace {

using Word = std::string_view;

constexpr auto kAdjectives = std::to_array<Word>(
    {"Amber",    "Ancient",   "Bitter",    "Blue",     "Borrowed", "Brave",    "Bright",
     "Broken",   "Burning",   "Careful",   "Cold",     "Crimson",  "Crooked",  "Dark",
     "Deep",     "Distant",   "Double",    "Early",    "Electric", "Emerald",  "Empty",
     "Endless",  "Eternal",   "Faded",     "Faithful", "Fallen",   "Fatal",    "Final",
     "First",    "Forgotten", "Fragile",   "Frozen",   "Gentle",   "Gilded",   "Glass",
     "Golden",   "Good",      "Grand",     "Great",    "Green",    "Hidden",   "Hollow",
     "Honest",   "Hungry",    "Idle",      "Innocent", "Iron",     "Ivory",    "Last",
     "Late",     "Little",    "Lonely",    "Long",     "Lost",     "Loud",     "Lucky",
     "Marble",   "Midnight",  "Narrow",    "Northern", "Odd",      "Open",     "Ordinary",
     "Painted",  "Pale",      "Paper",     "Patient",  "Perfect",  "Plain",    "Private",
     "Proud",    "Quiet",     "Rapid",     "Reckless", "Red",      "Restless", "Rough",
     "Royal",    "Sacred",    "Salt",      "Scarlet",  "Second",   "Secret",   "Seventh",
     "Sharp",    "Silent",    "Silver",    "Simple",   "Sleeping", "Slow",     "Small",
     "Southern", "Stolen",    "Stormy",    "Strange",  "Stubborn", "Sudden",   "Sweet",
     "Tall",     "Tender",    "Third",     "Tiny",     "Twisted",  "Unknown",  "Unspoken",
     "Velvet",   "Violet",    "Wandering", "Warm",     "Weary",    "White",    "Wicked",
     "Wild",     "Winter",    "Wooden",    "Yellow"});

constexpr auto kNouns = std::to_array<Word>(
    {"Affair",    "Alibi",     "Anchor",     "Answer",     "Archive",     "Arrow",     "Autumn",
     "Avenue",    "Balcony",   "Bargain",    "Beacon",     "Bell",        "Border",    "Bridge",
     "Brother",   "Cage",      "Canyon",     "Captain",    "Caravan",     "Carnival",  "Castle",
     "Cathedral", "Chapel",    "Circle",     "Circus",     "City",        "Clock",     "Coast",
     "Colony",    "Comet",     "Compass",    "Corridor",   "Country",     "Court",     "Crown",
     "Dancer",    "Daughter",  "Dawn",       "Desert",     "Detective",   "Diary",     "Divide",
     "Doctor",    "Door",      "Dream",      "Echo",       "Edge",        "Embassy",   "Empire",
     "Engine",    "Evening",   "Exile",      "Expedition", "Factory",     "Falcon",    "Farewell",
     "Ferry",     "Field",     "Fire",       "Flood",      "Forest",      "Fortune",   "Fox",
     "Frontier",  "Galaxy",    "Gambler",    "Garden",     "Gate",        "Ghost",     "Giant",
     "Guest",     "Harbour",   "Harvest",    "Heart",      "Heir",        "Hill",      "Horizon",
     "Hotel",     "Hour",      "House",      "Hunter",     "Inheritance", "Island",    "Journey",
     "Judge",     "Jungle",    "Kingdom",    "Kitchen",    "Ladder",      "Lake",      "Lantern",
     "Letter",    "Library",   "Lighthouse", "Lullaby",    "Machine",     "Map",       "Market",
     "Mask",      "Melody",    "Memory",     "Mirror",     "Monsoon",     "Moon",      "Morning",
     "Mountain",  "Museum",    "Neighbour",  "Night",      "Ocean",       "Oath",      "Opera",
     "Orchard",   "Orchestra", "Outpost",    "Palace",     "Parade",      "Passenger", "Path",
     "Pilot",     "Planet",    "Prairie",    "Promise",    "Prophet",     "Queen",     "Question",
     "Railway",   "Rain",      "Ranch",      "Rebel",      "Reunion",     "Ring",      "River",
     "Road",      "Room",      "Rumour",     "Sailor",     "Satellite",   "Scandal",   "School",
     "Season",    "Secret",    "Shadow",     "Shelter",    "Shore",       "Signal",    "Sister",
     "Sky",       "Soldier",   "Song",       "Sparrow",    "Spring",      "Stage",     "Station",
     "Storm",     "Stranger",  "Street",     "Summer",     "Symphony",    "Table",     "Teacher",
     "Theatre",   "Thief",     "Thunder",    "Tide",       "Tower",       "Trail",     "Train",
     "Treasure",  "Trial",     "Tunnel",     "Valley",     "Verdict",     "Village",   "Voice",
     "Voyage",    "Wager",     "Wedding",    "Whisper",    "Widow",       "Window",    "Winner",
     "Witness",   "Wolf"});

constexpr auto kFirstNames = std::to_array<Word>(
    {"Ada",   "Agnes", "Aisha", "Alma",  "Amir",  "Anders", "Anya",  "Arlo",  "Astrid", "Aurel",
     "Bela",  "Bruno", "Carla", "Cecil", "Chidi", "Clara",  "Dalia", "Dario", "Edith",  "Elias",
     "Elif",  "Elsa",  "Emil",  "Enzo",  "Esme",  "Farah",  "Felix", "Femi",  "Flora",  "Freya",
     "Greta", "Hana",  "Hugo",  "Ida",   "Igor",  "Imani",  "Ines",  "Ivo",   "Jana",   "Jonas",
     "Kaori", "Karim", "Kenji", "Lars",  "Leila", "Lena",   "Livia", "Luca",  "Mabel",  "Magnus",
     "Maya",  "Mei",   "Milan", "Mira",  "Nadia", "Niko",   "Nora",  "Olga",  "Oskar",  "Otto",
     "Petra", "Pia",   "Rafal", "Rania", "Remy",  "Rosa",   "Ruben", "Sanna", "Selma",  "Silas",
     "Sofia", "Sunil", "Tamar", "Tariq", "Theo",  "Tomas",  "Uma",   "Vera",  "Viktor", "Yara",
     "Yusuf", "Zara",  "Zeno",  "Zoltan"});

constexpr auto kSurnameStarts = std::to_array<Word>(
    {"Alder", "Ash",  "Bar",   "Beck", "Bex",  "Birk",  "Bram", "Brin", "Cal", "Car",
     "Cor",   "Dal",  "Dar",   "Den",  "Dor",  "Eck",   "Eden", "Eil",  "Fal", "Fen",
     "Gar",   "Glen", "Grim",  "Hal",  "Har",  "Haven", "Hol",  "Ing",  "Kal", "Kel",
     "Kor",   "Lan",  "Lark",  "Lin",  "Lor",  "Mal",   "Mar",  "Mer",  "Mor", "Nev",
     "Nor",   "Oak",  "Or",    "Pell", "Quin", "Rav",   "Ros",  "Sal",  "Sel", "Sol",
     "Stan",  "Tal",  "Thorn", "Tor",  "Val",  "Var",   "Ves",  "Wald", "Wen", "Wyn"});

constexpr auto kSurnameEnds = std::to_array<Word>(
    {"bach",  "berg", "brook", "by",   "croft", "dahl", "den",   "dez",  "dorf", "ette",
     "fell",  "feld", "ford",  "gard", "ham",   "hart", "holm",  "ides", "ini",  "ley",
     "lind",  "man",  "mere",  "mont", "nik",   "ova",  "ridge", "sen",  "son",  "stead",
     "strom", "ton",  "vale",  "ward", "well",  "wick", "worth", "yama", "zadeh"});

constexpr auto kStudioKinds = std::to_array<Word>({"Pictures", "Films", "Studios", "Entertainment",
                                                   "Productions", "Media", "Originals", "House"});

template <size_t N>
std::string any(const std::array<Word, N>& words, RandomStream& random) {
  return std::string(words[random.below(N)]);
}

std::string surname(RandomStream& random) {
  return any(kSurnameStarts, random) + any(kSurnameEnds, random);
}

// "A Bargain", "An Avenue", "An Hour".
std::string with_article(const std::string& noun) {
  const bool vowel = std::string_view("AEIOU").find(noun.front()) != std::string_view::npos;
  return (vowel || noun == "Heir" || noun == "Hour" ? "An " : "A ") + noun;
}

}  // namespace

// Short forms first; once they run out a name gets longer, so that there are always enough.
template <typename Invent>
std::string Names::first_unused(const Invent& invent) {
  for (int attempt = 0;; ++attempt) {
    std::string name = invent(attempt);
    if (used_.insert(name).second) return name;
  }
}

std::string Names::title(RandomStream& random) {
  return first_unused([&](int attempt) -> std::string {
    switch (attempt < 4 ? random.below(6) : 6) {
      case 0:
        return "The " + any(kAdjectives, random) + " " + any(kNouns, random);
      case 1:
        return any(kAdjectives, random) + " " + any(kNouns, random);
      case 2:
        return "The " + any(kNouns, random) + " and the " + any(kNouns, random);
      case 3:
        return any(kNouns, random) + " of the " + any(kNouns, random);
      case 4:
        return any(kFirstNames, random) + "'s " + any(kNouns, random);
      case 5: {
        const std::string first_name = any(kFirstNames, random);
        return with_article(any(kNouns, random)) + " for " + first_name;
      }
      default:
        return "The " + any(kAdjectives, random) + " " + any(kNouns, random) + " of " +
               any(kFirstNames, random) + " " + surname(random);
    }
  });
}

std::string Names::person(RandomStream& random) {
  return first_unused([&](int attempt) {
    const std::string first = any(kFirstNames, random);
    if (attempt < 2) return first + " " + surname(random);
    return first + " " + static_cast<char>('A' + random.below(26)) + ". " + surname(random);
  });
}

std::string Names::studio(RandomStream& random) {
  return first_unused([&](int attempt) {
    const std::string noun = any(kNouns, random);
    const std::string kind = " " + any(kStudioKinds, random);
    return attempt < 2 ? noun + kind : any(kAdjectives, random) + " " + noun + kind;
  });
}

}  // namespace marquee::data::synth
