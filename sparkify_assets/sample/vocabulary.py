"""The words that names, titles and places are made of: data only.

They are invented or common words, except the metropolitan areas, which are public facts. How words are combined
belongs in `naming`.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES_F = _words("""
Adela Annika Beatrix Bronwyn Calista Cerys Corinne Dahlia Delphine Eleni Elspeth Esme Fenna Fiorella Ginevra Greta
Henrike Hollis Imogen Ingrid Ione Jessamy Jolanda Juno Kerensa Kirsten Lavinia Leonie Linnea Maren Marisol Maude Mirela
Nadia Nerys Noor Odette Ottilie Paloma Petra Philippa Quilla Ramona Rosalind Runa Sabela Saskia Sigrid Solveig Sunniva
Tamsin Tatum Thea Ursula Valda Verity Wanda Winifred Xanthe Yara Ysolde Zelda Zora
""")

FIRST_NAMES_M = _words("""
Abel Alaric Ambrose Anselm Bastian Benno Bram Caspian Cormac Cyril Dario Desmond Diego Edmund Elric Emeric Fabian
Florian Gareth Gideon Gustav Hamish Hector Horace Ignace Isidor Ivo Jasper Joaquim Jorah Kaspar Kilian Lazlo Leander
Linus Magnus Marek Matteo Nestor Niall Orson Oskar Otis Pascal Percy Piers Quentin Rafe Ragnar Rupert Silas Soren
Stellan Tavish Tobias Ulric Valentin Viggo Wendel Wolf Xavi Yannick Yorick Zeno
""")

LAST_NAMES = _words("""
Abernoth Alderwick Ambleford Arkwell Ashgrove Barrowby Beckford Birchall Blackmere Bramwick Brightholm Calderby
Carnforth Chalkley Claymont Coldwater Copperfold Cranmoor Crowhurst Dapplewood Darrowby Dewhollow Dunmere Eastlake
Edgecote Elderfield Emberly Fairwater Fallowby Farnstead Fennimore Flintham Foxworth Galloway Garrick Glenhaven
Goldacre Greycliff Hallowell Harkness Hartsmere Hazelby Heronsgate Hollyoak Inglewood Ironside Juniper Kelmscot
Kestrel Kingsmere Larkfield Ledbury Lindqvist Lockhart Longacre Maplewick Marlowe Meadowes Merrick Millbrook Moorcroft
Netherby Nightwell Northam Oakenshaw Osterley Otterburn Pemberly Penhallow Pinewell Quarrie Quillfeather Ravensby
Redfern Ridgewell Rookwood Rushmere Saltmarsh Sandringer Shawcross Silverdale Sparrow Stonebridge Swanmore Tamarind
Tarrington Thistlewood Thornbury Tidewell Umberland Underhill Vale Vexley Wainwright Waterhouse Westerby Whitlock
Willowby Winterfold Wrenfield Yarrow Yewdale
""")

# Roughly by population: listeners are more likely to come from the first ones.
METRO_AREAS = (
    "New York-Newark-Jersey City, NY-NJ-PA",
    "Los Angeles-Long Beach-Anaheim, CA",
    "Chicago-Naperville-Elgin, IL-IN-WI",
    "Dallas-Fort Worth-Arlington, TX",
    "Houston-The Woodlands-Sugar Land, TX",
    "Washington-Arlington-Alexandria, DC-VA-MD-WV",
    "Philadelphia-Camden-Wilmington, PA-NJ-DE-MD",
    "Miami-Fort Lauderdale-West Palm Beach, FL",
    "Boston-Cambridge-Newton, MA-NH",
    "Riverside-San Bernardino-Ontario, CA",
    "Detroit-Warren-Dearborn, MI",
    "Seattle-Tacoma-Bellevue, WA",
    "Minneapolis-St. Paul-Bloomington, MN-WI",
    "San Diego-Carlsbad, CA",
    "St. Louis, MO-IL",
    "Denver-Aurora-Lakewood, CO",
    "Baltimore-Columbia-Towson, MD",
    "Pittsburgh, PA",
    "Cincinnati, OH-KY-IN",
    "Kansas City, MO-KS",
    "Cleveland-Elyria, OH",
    "Columbus, OH",
    "Austin-Round Rock, TX",
    "Milwaukee-Waukesha-West Allis, WI",
    "Providence-Warwick, RI-MA",
    "Memphis, TN-MS-AR",
    "Louisville/Jefferson County, KY-IN",
    "Richmond, VA",
    "Hartford-West Hartford-East Hartford, CT",
    "Salt Lake City, UT",
    "Tulsa, OK",
    "Grand Rapids-Wyoming, MI",
    "Albuquerque, NM",
    "Omaha-Council Bluffs, NE-IA",
    "Knoxville, TN",
    "El Paso, TX",
    "Dayton, OH",
    "Boise City, ID",
    "Spokane-Spokane Valley, WA",
    "Des Moines-West Des Moines, IA",
    "Fort Wayne, IN",
    "Santa Rosa, CA",
    "Eugene, OR",
    "Green Bay, WI",
    "Bismarck, ND",
)

# Where bands come from, written as loosely as a catalog's free text.
BAND_PLACES = (
    ("Harbour End, ME", 44.10217, -69.10903),
    ("Duskwater, TX", 30.41188, -98.02714),
    ("Tallgrass Kansas", 38.50112, -98.38201),
    ("Old Quarry, VT.", 44.21093, -72.54017),
    ("Lower Fjordby, Norway", 60.88214, 6.71105),
    ("Saltkirk Scotland", 57.10498, -3.81277),
    ("Montaperta, Italia", 43.31104, 11.41098),
    ("Río Verde", -31.40217, -64.19015),
    ("Nordhafen, Deutschland", 53.87112, 9.89274),
    ("Île Grise, Québec", 48.21193, -68.90218),
    ("California - North", 39.77214, -122.01173),
    ("Sunless Bay, OR", 44.61048, -124.01172),
    ("Kopparvik, Sverige", 57.51209, 18.41175),
    ("Eastmarket - London", 51.52117, -0.04218),
    ("Brightwater, NZ", -41.38102, 173.11204),
    ("Hokubashi, Japan", 35.41186, 139.60114),
)

ADJECTIVES = _words("""
Amber Ancient Blue Broken Burning Careless Copper Crooked Distant Drowsy Electric Empty Faded Fearless Foreign Frozen
Gentle Golden Hidden Hollow Honest Idle Jagged Lonesome Lost Lucky Midnight Nameless Narrow Northern Paper Patient Quiet
Restless Rusty Sacred Scarlet Second Silent Silver Simple Sleepless Slow Southern Spare Stolen Sudden Tangled Tender
Velvet Violet Wandering Weary Wild Winter Wooden Yellow Young
""")

NOUNS = _words("""
Alley Anchor Answer Arrow Autumn Balcony Bicycle Birds Bridge Carnival Causeway Cinema Clock Clouds Compass Corner
Curtain Dancer Daylight Delta Doorway Dust Echo Ember Engine Evening Ferry Field Fire Fountain Garden Ghost Harbour
Harvest Heart Highway Honey Horizon Island Junction Kingdom Ladder Lantern Letter Lighthouse Machine Market Meadow
Mirror Mountain Neighbour Ocean Orchard Parade Passenger Pavement Pilot Planet Postcard Promise Radio Rain River Rooftop
Satellite Season Shadow Signal Sister Sparrow Staircase Station Stranger Summer Telephone Thunder Ticket Tide Tower
Traffic Train Tunnel Valley Voyage Wagon Water Window Witness Wolf
""")

VERBS = _words("""
Answer Borrow Bury Call Carry Catch Chase Count Follow Forget Forgive Gather Hear Hold Keep Know Leave Lend Lose Love
Mend Miss Need Open Paint Read Remember Sail See Sing Spend Steal Take Tell Trade Trust Turn Wake Want Watch
""")

# Words with characters outside ASCII, for the text that the app mis-encodes.
ACCENTED = _words("""
Canción Corazón Otoño Mañana Niña Año Adiós Jardín Último Río Été Forêt Café Fenêtre Légère Château Étoile Naïve
Straße Grüße Mädchen Über Schöne Frühling Löwe Fågel Sjö Älskling Hjärta Øya Båten Kærlighed Manhã São Solidão Avô
""")

CREW = _words("""
Assembly Avenue Ballroom Brothers Choir Circus Collective Committee Company Convoy Department Ensemble Estate Exchange
Family Foundation Gang Institute Laboratory League Library Mariners Orchestra Outfit Philosophers Project Quartet
Quintet Rangers Republic Rovers Society Syndicate Theory Trio Union Weather
""")

VERSIONS = (
    "(Album Version)",
    "(Live)",
    "(Demo)",
    "(Remix)",
    "(Acoustic)",
    "(Radio Edit)",
    "(Remastered)",
    "(Instrumental)",
    "[Bonus Track]",
    "(Explicit)",
)

OPENINGS = ("(I Can't) ", "(Don't) ", "(She Said) ", "[Intro] ", "(Tonight) ", "[Untitled] ")

DESKTOPS = (
    "Windows NT 6.1; WOW64",
    "Windows NT 6.3; WOW64",
    "Windows NT 10.0; WOW64",
    "Macintosh; Intel Mac OS X 10_9_{minor}",
    "Macintosh; Intel Mac OS X 10_10_{minor}",
    "X11; Linux x86_64",
)
