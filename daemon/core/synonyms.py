"""What marketing people call the columns of a contact list, in seven languages.

``SYNONYMS`` maps each canonical name to other names for it, best first; the canonical name itself
counts as first. Names are compared by ``plain_name``, so casing, punctuation, accents and
camelCase need no entry of their own. No name belongs to two canonical names (a test holds that),
so a column never means two things. Words that mean different things in different lists ("Name",
"Status", "ID", "Datum") are left out where they would be a guess.
"""

from collections.abc import Mapping
from types import MappingProxyType

from daemon.core.field_names import plain_name
from daemon.core.values import FieldKind

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "email": (
            "e-mail", "email address", "e-mail address", "mail", "mail address", "work email",
            "business email", "primary email", "contact email",
            "e-mail-adresse", "mailadresse", "emailadresse",
            "courriel", "adresse e-mail", "adresse mail", "adresse électronique", "adresse courriel",
            "correo", "correo electrónico", "dirección de correo", "dirección de correo electrónico",
            "posta elettronica", "indirizzo e-mail", "indirizzo email", "indirizzo mail",
            "endereço de e-mail", "endereço de email", "correio eletrónico", "correio eletrônico",
            "e-mailadres", "mailadres",
        ),
        "first_name": (
            "firstname", "given name", "forename", "first", "fname",
            "vorname", "rufname",
            "prénom",
            "nombre", "nombre de pila", "primer nombre",
            "nome di battesimo",
            "primeiro nome", "nome próprio",
            "voornaam", "roepnaam",
        ),
        "last_name": (
            "lastname", "surname", "family name", "last", "lname",
            "nachname", "familienname", "zuname",
            "nom de famille",
            "apellido", "apellidos", "primer apellido",
            "cognome",
            "sobrenome", "apelido", "último nome",
            "achternaam", "familienaam",
        ),
        "full_name": (
            "fullname", "contact name", "person name", "display name",
            "vollständiger name", "vollstaendiger name", "vor- und nachname",
            "nom complet", "nom et prénom", "prénom et nom",
            "nombre completo", "nombre y apellidos",
            "nome completo", "nome e cognome",
            "volledige naam",
        ),
        "salutation": (
            "title of courtesy", "prefix", "honorific",
            "anrede", "civilité", "tratamiento", "trattamento", "tratamento", "aanhef",
        ),
        "phone": (
            "phone number", "telephone", "telephone number", "tel", "tel no", "tel.", "landline",
            "work phone", "business phone", "office phone", "primary phone",
            "telefon", "telefonnummer", "festnetz", "rufnummer", "tel-nr", "telefon-nr",
            "téléphone", "numéro de téléphone", "téléphone fixe",
            "teléfono", "número de teléfono", "teléfono fijo",
            "telefono", "numero di telefono", "telefono fisso",
            "telefone", "número de telefone", "telefone fixo",
            "telefoon", "telefoonnummer",
        ),
        "mobile": (
            "mobile phone", "mobile number", "mobile phone number", "cell", "cell phone",
            "cellphone", "cell number",
            "handy", "handynummer", "mobil", "mobiltelefon", "mobilnummer",
            "portable", "téléphone portable", "téléphone mobile", "mobile téléphone",
            "móvil", "teléfono móvil", "celular", "teléfono celular",
            "cellulare", "telefono cellulare",
            "telemóvel", "telefone celular", "telefone móvel",
            "mobiel", "mobiele telefoon", "gsm", "mobiel nummer",
        ),
        "job_title": (
            "jobtitle", "job", "position", "job position", "job role",
            "berufsbezeichnung", "stelle", "stellenbezeichnung", "funktion", "jobbezeichnung",
            "fonction", "poste", "intitulé du poste", "titre du poste",
            "cargo", "puesto", "puesto de trabajo",
            "ruolo", "posizione", "qualifica", "mansione",
            "função", "cargo profissional",
            "functie", "functietitel",
        ),
        "company": (
            "company name", "organization", "organisation", "organization name",
            "organisation name", "account name", "employer", "business name",
            "firma", "firmenname", "unternehmen", "unternehmensname", "arbeitgeber",
            "entreprise", "société", "nom de l'entreprise", "nom de la société", "raison sociale",
            "empresa", "compañía", "nombre de la empresa", "razón social",
            "azienda", "società", "nome azienda", "ragione sociale", "nome dell'azienda",
            "nome da empresa", "companhia", "razão social",
            "bedrijf", "bedrijfsnaam", "organisatie",
        ),
        "website": (
            "web site", "website url", "web", "homepage", "home page", "web page", "company website",
            "webseite", "internetseite", "internetadresse", "netzauftritt",
            "site web", "site internet", "adresse du site",
            "sitio web", "página web",
            "sito", "sito web", "sito internet",
            "sítio web", "site da empresa",
            "webadres",
        ),
        "street": (
            "street address", "address", "address line", "address line 1", "address 1",
            "mailing street", "postal address",
            "straße", "anschrift", "straße und hausnummer", "straße hausnummer", "straße nr",
            "adresse", "rue", "adresse postale",
            "calle", "dirección", "dirección postal", "domicilio",
            "via", "indirizzo", "indirizzo postale",
            "rua", "endereço", "morada",
            "straat", "adres", "straat en huisnummer",
        ),
        "city": (
            "town", "city town", "locality", "mailing city",
            "stadt", "ort", "wohnort",
            "ville", "commune", "localité",
            "ciudad", "localidad", "población",
            "città", "comune", "località",
            "cidade", "localidade",
            "stad", "plaats", "woonplaats",
        ),
        "state": (
            "state region", "province", "region", "state province", "county", "mailing state",
            "state or province",
            "bundesland", "kanton",
            "région", "département", "canton",
            "provincia", "estado", "comunidad autónoma", "región",
            "regione",
            "distrito",
            "provincie",
        ),
        "zip": (
            "zip code", "postal code", "postcode", "post code", "zip postal code", "mailing zip",
            "plz", "postleitzahl",
            "code postal", "cp",
            "código postal",
            "cap", "codice postale", "codice di avviamento postale",
            "cep",
            "postnummer",
        ),
        "country": (
            "country region", "nation", "country name", "mailing country",
            "land", "staat",
            "pays",
            "país",
            "paese", "nazione", "stato",
        ),
        "lifecycle": (
            "lifecycle stage", "life cycle stage", "funnel stage", "contact stage",
            "lebenszyklusphase", "lifecycle-phase",
            "phase du cycle de vie", "étape du cycle de vie",
            "etapa del ciclo de vida",
            "fase del ciclo di vita",
            "estágio do ciclo de vida", "fase do ciclo de vida",
            "levenscyclusfase",
        ),
        "lead_status": (
            "status of lead", "lead state",
            "leadstatus",
            "statut du lead", "statut du prospect",
            "estado del lead", "estado del cliente potencial",
            "stato del lead", "stato lead",
            "status do lead", "estado do lead",
        ),
        "owner": (
            "contact owner", "record owner", "account owner", "sales owner", "assigned to",
            "account manager", "sales rep",
            "besitzer", "eigentümer", "zuständig", "zuständiger", "kontaktinhaber", "betreuer",
            "propriétaire", "responsable",
            "propietario", "responsable comercial",
            "proprietario", "responsabile",
            "proprietário", "responsável",
            "eigenaar",
        ),
        "source": (
            "lead source", "contact source", "original source", "origin",
            "quelle", "lead-quelle", "herkunft",
            "provenance", "source du lead", "origine du lead",
            "fuente", "origen", "fuente del lead",
            "fonte", "origine", "fonte del lead", "provenienza",
            "origem", "origem do lead",
            "bron", "herkomst",
        ),
        "language": (
            "preferred language", "lang", "locale",
            "sprache", "bevorzugte sprache",
            "langue", "langue préférée",
            "idioma", "idioma preferido", "lengua",
            "lingua", "lingua preferita",
            "língua",
            "taal", "voorkeurstaal",
        ),
        "birthday": (
            "date of birth", "birth date", "birthdate", "dob",
            "geburtstag", "geburtsdatum",
            "date de naissance", "anniversaire",
            "fecha de nacimiento", "cumpleaños",
            "data di nascita", "compleanno",
            "data de nascimento", "aniversário",
            "geboortedatum", "verjaardag",
        ),
        "notes": (
            "note", "comment", "comments", "remark", "remarks",
            "notiz", "notizen", "bemerkung", "bemerkungen", "kommentar", "anmerkung", "anmerkungen",
            "remarque", "remarques", "commentaire", "commentaires",
            "notas", "nota", "comentario", "comentarios", "observaciones",
            "annotazioni", "commento", "commenti", "osservazioni",
            "comentário", "comentários", "observações",
            "notitie", "notities", "opmerking", "opmerkingen",
        ),
        "score": (
            "lead score", "marketing score", "contact score",
            "punkte", "punktzahl", "lead-punkte",
            "score du lead",
            "puntuación", "puntuación del lead",
            "punteggio", "punteggio lead",
            "pontuação", "pontuação do lead",
        ),
        "industry": (
            "sector", "business sector", "branch of industry",
            "branche", "industrie", "wirtschaftszweig",
            "secteur", "secteur d'activité",
            "industria", "sector industrial",
            "settore", "settore industriale",
            "setor", "indústria", "ramo de atividade",
            "bedrijfstak",
        ),
        "annual_revenue": (
            "revenue", "yearly revenue", "turnover", "annual turnover",
            "umsatz", "jahresumsatz",
            "chiffre d'affaires", "chiffre d'affaires annuel", "revenu annuel",
            "ingresos anuales", "facturación", "facturación anual",
            "fatturato", "fatturato annuo", "ricavi annui",
            "receita anual", "faturamento", "faturamento anual",
            "jaaromzet", "omzet",
        ),
        "employees": (
            "number of employees", "employee count", "no of employees", "company size",
            "headcount", "num employees",
            "mitarbeiter", "mitarbeiterzahl", "anzahl mitarbeiter", "beschäftigte",
            "effectif", "nombre d'employés", "nombre de salariés",
            "empleados", "número de empleados",
            "dipendenti", "numero di dipendenti", "numero dipendenti",
            "funcionários", "número de funcionários", "colaboradores",
            "medewerkers", "aantal medewerkers", "aantal werknemers",
        ),
        "department": (
            "dept", "abteilung", "service", "departamento", "reparto", "afdeling",
        ),
        "utm_source": ("campaign source", "utm-quelle"),
        "utm_medium": ("campaign medium",),
        "utm_campaign": ("campaign name", "utm campaign name", "utm-kampagne"),
        "utm_term": ("campaign term",),
        "utm_content": ("campaign content",),
    }
)  # fmt: skip

KINDS: Mapping[str, FieldKind] = MappingProxyType(
    {
        "email": FieldKind.EMAIL,
        "phone": FieldKind.PHONE,
        "mobile": FieldKind.PHONE,
        "website": FieldKind.URL,
    }
)
"""What a canonical field is compared as where both systems only call it text."""


def canonical_names(synonyms: Mapping[str, tuple[str, ...]]) -> MappingProxyType[str, str]:
    """Return plain spelling → canonical name for all of *synonyms*."""
    return MappingProxyType(
        {
            plain_name(spelling): canonical
            for canonical, others in synonyms.items()
            for spelling in (canonical, *others)
        }
    )
