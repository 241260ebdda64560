"""Everyday words of German, French, Italian, Portuguese and Dutch that stand with a capital: nouns, openings, fields of forms.

The lexicon has the words of English and Spanish only, so that a capital on another language's word made a name of it.
A word that is a name as well stays one: these count where the lexicon knows nothing else.
"""

from typing import Final


def words(text: str) -> frozenset[str]:
    """Return the words of `text`, which white space parts."""
    return frozenset(text.split())


_GERMAN_HEADS: Final = words(
    "dosis kita stadium abend abfall ablauf absatz abschluss abschnitt absender abteilung abzug adresse akte aktie aktien alltag alter amt anfang anfrage angabe angaben angebot angebote angst"
    " anhang anlage anleitung anliegen anruf anrufe anschluss anschrift anspruch anteil antrag anträge antwort antworten anwendung anzahl anzeige apotheke app arbeit arbeiten arbeiter arbeitgeber"
    " arbeitnehmer artikel arzt ärzte ärztin aufenthalt aufgabe aufgaben aufnahme auftrag aufträge aufwand auge augen ausgabe ausgaben auskunft ausland ausnahme aussage ausweis"
    " auszug auto autos bahn bahnhof bank banken beamte beamter bearbeitung bedarf beginn begriff beitrag beiträge bekannte beleg belege benutzer beratung bereich bereiche bericht berichte beruf"
    " bescheid beschwerden besitz bestand besuch betrag beträge betreff betrieb betriebe bett beweis bewerber bewerbung bild bilder blatt blick blut blutdruck bluthochdruck boden brief briefe brust buch bücher"
    " buchhaltung buchung budget bund bus bürger büro chef chefin code computer dame damen darm daten datei datum dauer dienst dienste ding dinge dokument dokumente dosis druck durchfall ebene ehe ehefrau ehemann"
    " eigentum eile einfluss eingang einkauf einkommen einsatz einstellung eintrag eintritt einwohner ende energie entgelt entlassung erfahrung erfolg ergebnis ergebnisse erkältung ersatz essen euro"
    " fach fahrer fahrt fahrzeug fahrzeuge fall fälle familie familienname farbe feier fehler fenster ferien fest fieber figur film finger firma firmen fläche flug folge folgen form formular forschung"
    " foto fotos frage fragen freitag freund freunde freundin frist führung fuß gast gäste gebäude gebiet gebühr gebühren geburt geburtsdatum geburtstag geburtsort gefahr gefäß gefühl gehalt geld gelenk gelegenheit"
    " gemeinde gericht geschäft geschäfte geschäftsführer geschäftsführerin geschichte geschlecht gesellschaft gesetz gesicht gespräch gespräche gesundheit gewalt gewicht gewinn glas glück grad grenze grippe größe grund gründe"
    " gruppe gruppen gruß grüße gut güter haare hals hand handel händler handlung handy harn haus häuser haushalt haut heim heimat heft hilfe hinweis hinweise hobby höhe hotel husten hüfte idee infarkt inhaber inhaberin inhalt"
    " insuffizienz internet intervention jahr jahre jahren jahres jugend junge jungen kaffee kampf karte karten kasse käse kauf käufer keller kenntnis kennzeichen kette kind kinder kindern kirche klage klasse kleidung"
    " klinik knie knochen koffer kollege kollegen kollegin kolleginnen konto konten kontrolle konzept kopf kopie körper kosten kraft kraftfahrzeug krankheit kranken kredit kreis krieg krise kritik küche kultur kunde kunden"
    " kundin kundennummer kunst kurs kurse labor laden lage lager land länder lärm last lauf leben leber lehrer lehrerin leistung leistungen leiter leiterin leitlinie leitlinien licht liebe lied lieferung liefertermin"
    " limit linie liste listen lohn lösung luft lunge macht magen mal mangel markt maschine maß masse material medikament medikamente mehrheit meinung menge mensch menschen messer meter methode miete mieter mieterin"
    " minute minuten mitarbeiter mitarbeiterin mitarbeitern mitglied mitglieder mittag mittel mitte modell möglichkeit monat monate monaten morgen motor mutter muttern muskel muster nachbar nachricht nachrichten nacht nachmittag nachname"
    " name namen nase natur nebenwirkung nebenwirkungen nerv netz niere notaufnahme note notfall nummer nummern nutzer nutzerin nutzung objekt ordner ordnung organ ort orte paar paket pakete papier partner partnerin partei passwort pass"
    " patient patienten patientin patientinnen pause person personal personen pflege pflicht plan pläne platz politik polizei position post posten praxis preis preise presse privat probe problem probleme produkt produkte"
    " programm projekt projekte protokoll prozent prozess prüfung punkt punkte quartal quelle rahmen rat raum räume rechnung rechnungen regal regel regeln regierung reihe reise rente rest rezept"
    " richter richtlinie richtung risiko rolle rücken ruhe rückfrage rückfragen runde saal sache sachen saison satz sätze schaden schäden schein schlaf schluss schlüssel schmerz schmerzen schnitt schrank schreiben schrift schritt schritte"
    " schrauben schuhe schuld schule schüler schutz schwangerschaft schwelle schwester seite seiten sendung serie sicht sinn sitz sitzung sohn sommer sonne sorge spiel spieler sport sprache sprechstunde staat stand station statt stelle stellen"
    " stellung steuer steuern stimme stoff störung strom strukturen stück student studenten studentin studie studien stufe stunde stunden sturz stil straße suche summe symptom symptome system systeme tabelle tabletten tag tage tagen tagesordnung tarif"
    " tasche tat tätigkeit team technik teil teile teilnehmer telefon termin termine test text texte thema themen therapie tier tiere tisch titel tochter tod ton tor tragen trauer treffen treppe tür übelkeit überblick übergabe uhr uhrzeit umfang umsatz"
    " umsätze umwelt unfall unterlagen unternehmen unterschied unterschrift untersuchung urlaub ursache urteil vater verband verbrauch verbindung verdacht verein verfahren verfügung vergleich verhalten verkauf verkäufer verkehr verlag"
    " verlauf verletzung verlust vermieter vermieterin vermögen versand versicherung version versuch vertrag vertrages vertrags verträge vertreter verwaltung verwandte verwendungszweck verzeichnis viertel volk vorgang vorgesetzte vorhofflimmern vorname vorschlag vorsitzende vorsitzender"
    " vorstand vorteil wagen wahl wand ware waren wasser wechsel weg weise weisung welt werk werkstatt wert werte wetter wind winter wirkung wirtschaft wissen woche wochen wochenende wohnung wohnort wort wörter wunde wunsch zahl zahlen"
    " zahlung zahn zeichen zeile zeit zeiten zeitpunkt zeitung zelle zentrum zettel zeuge zeugin zeugnis ziel ziele zimmer zins zinsen zucker zufall zug zugang zugriff zukunft zusage zustand zweck zweifel geschädigte geschädigter"
    " kontoinhaber kontoinhaberin ansprechpartner empfänger auftraggeber auftragnehmer versicherter versicherte hausarzt hausärztin krankenkasse blutzucker leukozyten thrombozyten kreatinin kalium natrium anamnese diagnose befund befunde dyspnoe"
    " diabetes sepsis embolie thrombose apoplex schlaganfall herz atem puls narkose fraktur tumor karzinom ulkus ödem syndrom niereninsuffizienz antikoagulation antibiotika impfung spritze verband operation entzündung infektion"
    " bewusstsein gedächtnis verstand stress schwindel erbrechen müdigkeit atemnot fortschritt rückgang anstieg zuwachs wachstum börse kommission ministerium minister ministerin präsident präsidentin bürgermeister bürgermeisterin sprecher sprecherin opfer täter gemüse obst brot milch"
)
_GERMAN: Final = words(
    "können könnte könnten könntest kannst kann darf dürfen muss müssen soll sollte sollten wäre wären würde würden werden wird wurde wurden haben habe hatte hatten hast hat ist sind bin war waren sei seien"
    " gibt geben gib schreibe schreiben schreib erkläre erklären erklär fasse fassen nenne nennen zeige zeigen erstelle erstellen übersetze übersetzen berechne berechnen rufen ruf senden sende schicken schick bestätigen prüfen"
    " besuchen melden wenden beachten nutzen verwenden wählen öffnen klicken kaufen bezahlen zahlen kommen kommt gehen geht stellen stellt teilen teilt nehmen nimm lesen lies finden finde suchen suche laut gemäß gegen ohne"
    " nach vor seit während wegen trotz zwischen neben über unter durch für mit bei aus auf zum zur vom beim am im ab bis als wenn weil dass ob obwohl damit sobald falls nachdem bevor dann danach daher deshalb jedoch allerdings außerdem"
    " zudem dabei dazu dadurch dafür davon hierbei hiermit hier dort heute gestern vorgestern übermorgen jetzt nun noch schon nur auch sehr viele viel vielen mehrere einige alle alles jeder jede jedes kein keine keiner manche man es er"
    " mein meine meinen meinem meiner meines dein deine deinen deinem sein seine seinen seinem seiner unser unsere unseren unserem euer eure dieser diese dieses diesen diesem jener beide lieber liebe liebes freundliche freundlichen herzliche beste viele"
    " leider gerne gern natürlich vielleicht eigentlich übrigens zuerst zuletzt nächste nächsten nächster letzte letzten letzter neue neuen neues gute guter gutes erste ersten zweite dritte weitere weiteren anbei schöne schönen frohe wieso woher wohin womit wozu worüber wen wem wessen"
    " zeugen geboren wohnhaft verheiratet ledig männlich weiblich hb μl μg μmol crp inr ggt got gpt tsh anderem anderen anderer deutsch deutsche deutscher deutschen städtische städtischen staatliche"
    " lautet heißt heiße wohnt wohne sagte sagt erklärte meinte teilte handelt fahren reisen fliegen freuen freundlich sofort bald fertig aktuell aktuelle zusätzlich insgesamt besonders wichtig dringend vertraulich"
    " weisheit disziplin wörter vielleicht jemand nicht mädchenname"
)
_FRENCH: Final = words(
    "était étaient été appelez-nous contactez-nous écrivez-nous visitez visiter livrer livrez envoyer envoyez écrivez écrire écris expliquez explique expliquer résumez résume résumer donnez donne donner calculez calcule traduisez traduis rédigez rédige corrigez corrige appelez contactez consultez cliquez"
    " choisissez vérifiez répondez téléchargez merci bonjour bonsoir salut cher chère chers chères suite selon lors depuis pendant après avant avec sans dans chez entre vers pour contre malgré grâce voici voilà ici aujourd'hui hier demain"
    " quel quelle quels quelles quand pourquoi comment combien où que qui quoi est-ce puis-je pouvez-vous peux-tu pourriez-vous avez-vous existe-t-il y-a-t-il faut-il c'est j'ai je tu elle nous vous ils elles on mon ma mes ton ta tes son sa ses notre votre vos leur leurs"
    " une au aux ce cet cette ces nom prénom titulaire patient patiente adresse courriel téléphone portable télécopie objet dossier facture commande contrat mutuelle assurance banque compte carte numéro numéros date lieu naissance"
    " profession métier âge sexe motif antécédents antécédent ordonnance compte-rendu biologie examen examens analyse résultat résultats traitement diagnostic conclusion hospitalisation consultation urgences service médecin infirmier infirmière docteur confrère consœur"
    " entreprise société directeur directrice président présidente gérant gérante témoin victime policier police mairie préfecture ministre ministère gouvernement état recommandations recommandation prise entrée sortie suivi réunion chiffre contacter envoi expéditeur"
    " créatinine kaliémie natrémie leucocytes plaquettes hémoglobine glycémie glucides céphalées nausées fièvre toux douleur douleurs écrivez véhicule immatriculation interlocuteur interlocutrice remplaçant collaborateur collaboratrice utilisateur utilisatrice"
    " quels veuillez cordialement sincères salutations respectueusement bien tous toutes aucun aucune plusieurs certains certaines chaque tout toute parce puisque lorsque afin ainsi donc mais car ensuite enfin également toutefois cependant néanmoins d'abord"
    " les sagesse discipline mots frère frères sœur sœurs père mère amie vient viens avoir génial géniale oui non quelqu'un"
)
_ITALIAN: Final = words(
    "chiamateci scriveteci lei lui loro noi voi sig sig.ra sigg dott dott.ssa prof.ssa egr gent.mo gent.ma spett spett.le gentile egregio egregia gentilissimo gentilissima caro cara cari care sua suo suoi sue vostra vostro vostri loro nome cognome nominativo intestatario intestataria intestato titolare"
    " causale oggetto indirizzo telefono cellulare data luogo nascita residenza codice partita fattura ordine pratica cartella assicurazione polizza banca conto carta numero referente sostituto destinatario mittente paziente medico medica infermiere infermiera"
    " spedire spedite inviare inviate visitate visita scrivete scrivere scrivi scriva spiegami spiega spiegare riassumi riassumere calcola calcolare traduci tradurre correggi chiamate chiami chiama contattate contatti cliccate scegliete verificate rispondete scaricate"
    " secondo presso dopo prima durante senza sotto sopra dentro fuori contro verso tra fra dallo alla allo agli alle"
    " quale quali quanto quanta quanti quante quando perché dove come chi che cosa cos'è posso può puoi potete potrebbe potresti vorrei esiste esistono è sono siamo ho abbiamo hanno mio mia miei mie una questo questa questi queste quello quella"
    " esami esame analisi anamnesi diagnosi terapia prognosi referto ricetta lettera ingresso dimissione ricovero intervento dipendente contratto veicolo targa testimone utente utenti società ditta azienda direttore direttrice presidente amministratore amministratrice"
    " creatinina potassio sodio leucociti emoglobina piastrine glicemia cefalea nausea febbre tosse dolore dolori distinti cordiali saluti grazie prego buongiorno buonasera ciao salve ieri oggi domani poi quindi inoltre infine tuttavia però anche ancora sempre mai"
    " tutti tutte tutto ogni alcuni alcune nessuno nessuna linee linea riunione fatturato pregresso pregressa certificato accesso soggetto professione età sesso motivo ministro ministero governo comune polizia carabinieri tribunale avvocato avvocata"
    " saggezza disciplina parole fratello sorella padre madre amica capo già forse qualcuno"
)
_PORTUGUESE: Final = words(
    "ela ele elas eles nós está estão esteve estava carro beneficiário sr sra dr dra srs exmo exma ilmo ilma prezado prezada prezados caro cara caros estimado estimada nome apelido sobrenome titular telefone telemóvel celular morada endereço assunto data nascimento local naturalidade nacionalidade código fatura factura"
    " encomenda pedido processo prontuário seguro plano apólice banco conta cartão número números responsável substituto destinatário remetente paciente utente médico médica enfermeiro enfermeira enviar envie enviem visite visitem escreva escrevam escrever"
    " explique explica explicar resuma resumir calcule calcular traduza traduzir corrija ligue liguem contacte contate clique escolha verifique responda descarregue baixe segundo conforme após antes depois durante sem sob sobre entre contra até desde para"
    " com por pelo pela à às qual quais quanto quanta quantos quantas quando porquê porque onde como quem que uns umas este esta estes estas esse essa isso isto aquele aquela posso pode podem poderia"
    " gostaria existe existem é são sou somos tenho temos têm meu minha meus minhas seu sua seus suas nosso nossa nossos nossas análises análise exame exames anamnese diagnóstico tratamento prognóstico relatório receita alta entrada internamento internação"
    " cirurgia funcionário funcionária contrato veículo placa matrícula testemunha usuário usuária utilizador empresa sociedade diretor diretora director presidente administrador administradora creatinina potássio sódio leucócitos hemoglobina plaquetas glicemia cefaleia"
    " náuseas febre tosse dor dores atenciosamente cumprimentos obrigado obrigada olá oi bom boa bons boas ontem hoje amanhã então além também ainda sempre nunca todos todas tudo cada alguns algumas nenhum nenhuma reunião recomendações recomendação descrição"
    " rescisão motivo profissão idade sexo morador senhor senhora senhores ministro ministério governo câmara polícia tribunal advogado advogada acesso cancelamento reclamação solicitação urgência antecedentes história melhores rua largo praça"
    " fico fica já sabedoria disciplina palavras irmão irmã pai mãe amiga chefe talvez alguém"
)
_DUTCH: Final = words(
    "gefeliciteerd ik jij wij zij het nr vers geachte beste hoi hallo dag goedemorgen goedemiddag goedenavond groet groeten groetjes hartelijke vriendelijke mevrouw mevr meneer dhr heer naam voornaam achternaam adres telefoon telefoonnummer mobiel onderwerp betreft datum geboortedatum geboorteplaats"
    " woonplaats postcode factuur bestelling dossier dossiernummer patiëntnummer klantnummer polis polisnummer verzekering zorgverzekeraar bank rekening rekeninghouder rekeningnummer kaart nummer omschrijving contactpersoon vervanger ontvanger afzender patiënt patiënte"
    " arts huisarts verpleegkundige bezorgen bezoek bezoekt stuur sturen schrijf schrijven leg vat bereken vertaal verbeter bel bellen klik kies controleer antwoord download volgens voor tijdens zonder onder over tussen tegen sinds vanaf"
    " naar door welke wat wie waar wanneer waarom hoe hoeveel kan kunt kun kunnen mag moet wilt wil zijn is ben was waren wordt werd worden heeft heb hebben er mijn jouw uw zijn haar ons onze hun dit dat deze die gebruiker gebruikers"
    " werknemer werkgever medewerker medewerkster overeenkomst contract voertuig auto kenteken getuige bedrijf directeur directrice bestuurder voorzitter bestuursvoorzitter eigenaar lab onderzoek anamnese diagnose behandeling conclusie beleid recept ontslag opname"
    " ontslagbrief richtlijn richtlijnen advies afspraak vergadering omzet operatie kreatinine kalium natrium leukocyten hemoglobine trombocyten glucose hoofdpijn misselijkheid koorts hoest pijn dank bedankt alvast gisteren vandaag morgen toen dan dus ook nog altijd"
    " nooit alle alles elke ieder iedere sommige geen verder daarnaast echter bovendien daarom omdat hoewel terwijl reden beroep leeftijd geslacht nederlandse minister ministerie regering gemeente politie rechter rechtbank advocaat opzegging klacht aanvraag verzoek"
    " ze wijsheid discipline woorden dokter factuuradres broer zus vader moeder vriendin baas misschien iemand"
)
_SPANISH: Final = words(
    "aseguradora visite visiten enviar envíe pregúntale pregúntele llámame llámeme dime dígame escríbeme mándame envíame analítica hemograma creatinina potasio leucocitos destinatario testigo asunto concepto titular arrendatario suplente"
    " sabiduría disciplina palabras oído hablar hermano hermana padre madre amiga jefe quizá quizás alguien fiable"
)

HEADS: Final = _GERMAN_HEADS
"""German nouns, whose compounds end with them: `Versichertennummer`."""

EVERYDAY: Final = _GERMAN_HEADS | _GERMAN | _FRENCH | _ITALIAN | _PORTUGUESE | _DUTCH | _SPANISH

GERMAN_SMALL: Final = words(
    "der die das und ist nicht ich ein eine einen mit von den dem wurde für auf im zu bei wie sich auch wird hat sind können am um zum zur vom beim als"
    " wenn weil dass oder aber noch nur schon sehr mein meine meinen meinem meiner meines dein deine ihr ihre ihren ihrem unser unsere unseren unserem sein"
    " seine seiner sie wir uns mir dir euch es er einer einem eines kein keine keinen nach aus über unter durch ohne gegen seit vor haben habe hatte kann"
    " muss soll werden wurden worden welche welcher welches wo wann warum bitte heute gestern morgen hier dort dann doch mal gerade jahre alt geboren geb"
    " sowie zwischen dieser diese dieses diesen laut wegen bis ab beiden"
)
"""Small words of a language in which every noun has a capital."""
GERMAN_ONLY: Final = GERMAN_SMALL - words("von der den dem zu zum zur am im")
"""Those that are in nobody's name: `Ursula von der Leyen` is no German text."""

_TOWNS: Final = (
    *("ingen", "hausen", "kirchen", "haven", "leben", "hofen", "felden", "stetten", "baden", "weiden", "münden", "acken"),
    *("sachsen", "siefen", "schlägen", "linden", "brücken", "minden", "münchen", "gießen"),
)  # fmt: skip
_ENDINGS: Final = (
    *("ung", "heit", "keit", "schaft", "tion", "sion", "tät", "nis", "nisse", "ismus", "ment", "enz", "anz", "itis", "ose", "ie", "ik", "tum"),
    *("tur", "eur", "age", "ismen", "mus", "ling", "som", "gramm", "graphie", "system"),
)  # fmt: skip
_PLURALS: Final = ("ungen", "heiten", "keiten", "schaften", "ionen", "täten")
_ONLY_GERMAN: Final = ("nr", "ung", "ungen", "keit", "heit", "schaft", "tät")
_TAILS: Final = frozenset(head[-3:] for head in HEADS)
_SHORTEST: Final = 4
_LONG: Final = 8
_LONGER: Final = 10
_LONGEST: Final = 14


def noun(word: str, *, bare: bool = False) -> bool:
    """Whether a word that the lexicon does not know is formed as German nouns are: `Prüfungsordnung`, `Absetzen`.

    `bare`: behind `in` or `aus` without an article, where `Liezen` is a town, and `Schritten` none.
    """
    if word.endswith(_TOWNS):
        return False
    if word.endswith(_ENDINGS) or _headed(word):
        return True
    if not word.endswith(("en", "ern")) or len(word) <= _SHORTEST:
        return False
    return not bare or word.endswith(_PLURALS) or _headed(word[:-1]) or _headed(word[:-2])


def german(word: str) -> bool:
    """Whether a long word is formed as only German nouns are, in whatever text: `Terminverschiebung`."""
    return (len(word) >= _LONG and word.endswith(_ONLY_GERMAN)) or (len(word) >= _LONGER and _headed(word))


def _headed(word: str) -> bool:
    """Whether it is or ends with one of `HEADS`."""
    if word[-3:] not in _TAILS:  # most words: nothing is cut
        return False
    return not HEADS.isdisjoint([word[-n:] for n in range(_SHORTEST, min(_LONGEST, len(word)) + 1)])
