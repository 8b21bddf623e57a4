"""Names, work and phrases that profiles are made of; all made up here."""

from __future__ import annotations

WOMEN = (
    "Ada", "Alma", "Amara", "Anika", "Beatriz", "Bianca", "Camila", "Carmen", "Celia", "Chiara", "Clara",
    "Daria", "Delia", "Elena", "Elif", "Esme", "Fatima", "Freya", "Greta", "Hana", "Hazel", "Imani",
    "Ines", "Iris", "Jana", "Jasmin", "Joana", "Julia", "Keiko", "Lena", "Leila", "Lucia", "Mabel",
    "Maya", "Mei", "Mira", "Nadia", "Naomi", "Nina", "Noor", "Olivia", "Paula", "Priya", "Rosa", "Ruth",
    "Sadie", "Saskia", "Selma", "Simone", "Sofia", "Tara", "Thea", "Uma", "Vera", "Wanda", "Yara", "Zoe",
    "Zora",
)  # fmt: skip
MEN = (
    "Adam", "Ahmed", "Alan", "Andre", "Anton", "Arjun", "Ben", "Boris", "Bruno", "Caleb", "Carlos",
    "Cyrus", "Damian", "Dario", "David", "Diego", "Elias", "Emil", "Enzo", "Ethan", "Felix", "Finn",
    "Gabriel", "George", "Hugo", "Ibrahim", "Isaac", "Ivan", "Jamal", "Jonas", "Jorge", "Juan", "Kai",
    "Karim", "Kenji", "Lars", "Leon", "Liam", "Luca", "Malik", "Marco", "Mateo", "Milo", "Nico", "Noah",
    "Omar", "Oscar", "Pablo", "Pavel", "Rafael", "Ravi", "Samir", "Silas", "Theo", "Tomas", "Victor",
    "Wei", "Yusuf", "Zane",
)  # fmt: skip
ANYONE = (
    "Alex", "Ari", "Ash", "Avery", "Blake", "Casey", "Charlie", "Devon", "Eden", "Ellis", "Emery",
    "Finley", "Harper", "Jamie", "Jordan", "Jules", "Kit", "Lane", "Lou", "Max", "Morgan", "Noa",
    "Parker", "Quinn", "Reese", "Remy", "Robin", "Rowan", "Sage", "Sam", "Shea", "Sky", "Taylor", "Toni",
    "Val", "Wren",
)  # fmt: skip
WORK = (
    "Nurse", "Teacher", "Carpenter", "Software developer", "Cook", "Student", "Translator", "Electrician",
    "Accountant", "Bus driver", "Photographer", "Vet", "Librarian", "Architect", "Gardener", "Lawyer",
    "Physiotherapist", "Baker", "Sound engineer", "Geologist", "Social worker", "Mechanic", "Editor",
    "Pharmacist", "Tailor", "Paramedic", "Biologist", "Plumber", "Designer", "Retired",
)  # fmt: skip
ABOUT = (
    "Always up for {interest}.",
    "Ask me about {interest}.",
    "Weekends are for {interest}.",
    "Looking for someone to share {interest} with.",
    "Two cats, one bicycle, too many books.",
    "New in town, show me around?",
    "I cook better than I dance.",
    "Early riser, terrible at small talk.",
    "Coffee first, then everything else.",
    "I will beat you at board games.",
    "Slow walks, long dinners.",
    "Happiest near water.",
)
REPORT_REASONS = ("spam", "fake_profile", "harassment", "inappropriate_photo", "underage", "other")
