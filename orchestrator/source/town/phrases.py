"""What posts and messages are worded with; all made up here."""

from __future__ import annotations

SUBJECT_WORDS = {
    "sports": "match training goal season team coach sprint injury medal pitch stretch rival shoes tournament",
    "music": "concert album guitar melody rehearsal stage rhythm chorus band playlist vinyl encore lyrics bass",
    "film-and-tv": "film scene director episode screenplay actor cinema trailer plot premiere sequel soundtrack",
    "food-and-drink": "recipe oven flavour dough kitchen spice plate simmer crust garlic tasting menu broth",
    "outdoors": "trail summit tent river forest sunrise backpack campfire valley map lake ridge storm boots",
    "arts-and-crafts": "canvas brush thread clay pattern sketch studio colour exhibition wood needle glaze frame",
    "books-and-ideas": "novel chapter essay author library argument poem translation footnote paperback shelf",
    "games": "board dice tournament puzzle player strategy level opponent rules score expansion opening deck",
    "science-and-technology": "telescope data circuit code experiment robot orbit sensor theorem server model lab",
    "travel-and-languages": "train border hostel grammar island passport ferry accent market suitcase station visa",
    "wellbeing": "breath sleep calm posture habit walk sauna rest balance diary patience stretch mat routine",
    "home-and-animals": "puppy kitten sofa shelf paint stable cage engine attic lamp leash plant garage vintage",
}  # fmt: skip
"""Nouns by the slug of the subject."""
ADJECTIVES = (
    "great", "strange", "quiet", "wonderful", "terrible", "long", "surprising", "perfect", "slow", "beautiful",
    "awful", "lovely", "cheap", "honest", "exhausting", "brilliant",
)  # fmt: skip
ENGLISH = (
    "Finally tried {topic} again, and the {noun} was {adjective}.",
    "Anybody here into {topic}?",
    "My {noun} and my {other} are ready for the weekend.",
    "I did not expect such a {adjective} {noun}.",
    "Three years of {topic} and I still cannot get the {noun} right.",
    "What is your favourite {noun}?",
    "A {adjective} {noun}, a {adjective} {other}, what else does one need.",
    "Looking for people who share my love of {topic}.",
    "Today was all about {topic}.",
    "Unpopular opinion: the {noun} matters more than the {other}.",
    "Thank you all for the {adjective} {noun} yesterday!",
    "Never again without a {noun}.",
    "I hate it when the {noun} ruins the {other}.",
    "Best {noun} of the year so far.",
    "We met because of {topic}, and now we share a {noun}.",
    "Does anyone have advice on the {noun} for {topic}?",
)
GERMAN = (
    "Heute war wieder {topic} dran, und es war wunderbar.",
    "Wer hat am Wochenende Zeit und Lust auf {topic}?",
    "Ich habe noch nie so etwas Schönes gesehen.",
    "Morgen geht es endlich los, ich freue mich sehr darauf.",
    "Das Wetter ist schrecklich, aber wir machen trotzdem weiter.",
    "Kennt jemand einen guten Ort dafür in der Nähe?",
)
SPANISH = (
    "Hoy por fin otra vez {topic}, y estuvo genial.",
    "¿Quién se apunta este fin de semana a {topic}?",
    "Nunca había visto algo tan bonito.",
    "Mañana empezamos temprano, tengo muchas ganas.",
    "Hace muy mal tiempo, pero seguimos adelante.",
    "¿Alguien conoce un buen sitio cerca de aquí?",
)
EMOJI = ("😀", "🔥🔥🔥", "❤️", "😂😂", "🌅", "🐶🐱", "🎉", "👀", "🙌🏽", "🏳️‍🌈", "👩‍👩‍👧", "☕️")
SHORT = ("ok", "lol", "this.", "first!", "same", "hm", "wow", "yes", "?", "...", "no words", "gm")
RUDE = (
    "nsfw: nude photos tonight, link in my bio",
    "free p0rn, just message me",
    "horny and bored, sex chat anyone?",
    "XXX videos, naked and uncensored",
    "s3xy n4ked selfies on my page",
    "send nudes",
)
INNOCENT = (
    "Moved from Scunthorpe to Sussex, best decision ever.",
    "Cocktails on the roof, then Dickens until midnight.",
    "The bass player of our group passed his analysis exam.",
    "Shiitake and grapes at the market in Penistone.",
    "A great titmouse on my balcony in Essex this morning!",
    "Our class in Middlesex assessed the Hancock assassination drama.",
)
GENERAL_TAGS = (
    "love", "weekend", "throwback", "mood", "happy", "photooftheday", "nofilter", "friends", "goals", "monday",
    "blessed", "Über uns", "días",
)  # fmt: skip
MESSAGES = (
    "Hey!", "How was your day?", "I love your photos.", "Which one is your favourite?", "Haha, true.",
    "Sorry, busy week.", "Are you free on Saturday?", "Tell me more.", "What are you up to?", "Me too!",
    "That sounds great.", "Maybe next week?", "Good night.", "Good morning!", "Where did you grow up?",
    "I have never been there.", "Coffee some time?", "Yes.", "No way!", "Long time no hear!",
)  # fmt: skip
