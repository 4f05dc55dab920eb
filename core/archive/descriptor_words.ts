/**
 * Words of descriptions that identify nobody: how an image was made and what part of a body it shows, in English, in the
 * abbreviations that devices use (PS3.16 CID 4, 29, 244, 4010 and 4011 have many of them). There are no diagnoses, no
 * places and no numbers here; what some people are called too is taken out where it is their name.
 */
export const DESCRIPTOR_WORDS: ReadonlySet<string> = new Set(
  `
abd abdo abdomen abdominal acetabulum achilles acromioclavicular adrenal airway ankle aorta aortic arch arm arterial
arteries artery atrium axilla axillary back bladder body bone bones bowel brachial brain brainstem breast breasts
bronchi bronchus calcaneus calf cardiac carotid carpal cerebellum cerebral cervical chest clavicle coccyx cochlea
colon coronary cranium elbow esophagus extremities extremity eye eyes face facial femoral femur fetus fibula finger
fingers foot forearm gallbladder hand hands head heart hip hips humerus iac iacs ilium intracranial ischium jaw joint
joints kidney kidneys knee knees larynx leg legs lens limb liver lumbar lumbosacral lung lungs mandible mastoid
maxilla mediastinum mesenteric muscle nasal neck optic orbit orbits ovary pancreas parotid patella patellar pelvic
pelvis penis perineum petrous pharynx pituitary portal prostate pubis pulmonary radius rectum renal retina rib ribs
sacral sacroiliac sacrum scapula scrotum sella shoulder shoulders sinus sinuses skeleton skull spinal spine spleen
sternum stomach subclavian talus temporal testis thigh thoracic thoracolumbar thorax thumb thymus thyroid tibia tibial
toe toes tongue trachea trunk upper ureter urethra urinary uterus vagina vein veins vena venous ventricle vertebra
vertebrae vessel vessels wrist

anterior anteroposterior ap ax axial bearing bilat bilateral caudal cc central cor coronal cranial cranio craniocaudal
cross decubitus distal dorsal erect extension external flexion front frontal horizontal inferior internal lao lat
lateral left lower lt med medial middle ml mlo obl oblique odontoid orthogonal pa plantar posterior posteroanterior
prone proximal rao right rl rt sag sagittal scapular skyline standing sunrise superior supine swimmers tangential tra
trans transverse upright ventral vertical weight

angio angiogram angiography arthrogram biopsy bmd bscan calibration cbct cine cr ct cta ctp cystogram dbt dexa
diffusion doppler dose dr dsa dti dwi dx dynamic ecg echo echocardiogram elastography endoscopy enhanced exam
examination fluoro fluoroscopy fmri functional fusion gated gating guidance guided high histology hrct hsg intraoral
ivp ivu kub ld ldct low mammo mammogram mammography mg microscopy minip mip mpr mprage mr mra mrcp mri mrs mrv
multiphase nm nuclear oct opg panoramic perf perfusion pet petct phantom planar planning portable projection pt
radiograph radiography rf routine scan scintigraphy screen screening spect spectroscopy static stress survey thick
thin tomo tomography tomosynthesis ultrasound urography us venogram verification video volume volumetric vr vrt wb
whole xa xr xray

2d 3d 4d ac acq acquisition adc asl average averaged averages avg b0 baseline bh blood bold bravo breath breathhold
bssfp cad cbf cbv ciss color colour comp composite contrast corrected correction cube database delay delayed derived
detail dixon dual eadc early energy epi equilibrium ex exhale expiration expiratory fa fast fat fatsat fid field
fieldmap fiesta filter filtered flair flash flow fov frame frames free fs fse fspgr gad gado gd grad gradient grappa
gre haste hold image images imaging in inhale inspiration inspiratory inversion iodine ir iso isotropic iv kernel late
lava loc localiser localizer locator map maps mask matrix mbf mono monoenergetic motion mt mtt multi multiecho
multiplanar nac navigator non noncontrast normal opp opposed oral original out param parametric part pass pc pcasl pd
pdfs pdw phase phases plain plane post postcontrast pre precontrast propeller proton pulse qsm quant quantitative
radial range rapid raw rcbf rcbv recon reconstruction ref reference reformat reformatted register registered
registration resolution resp respiratory rest rot rotated rotation rpe run sat saturated scout sense sensitivity
sequence ser series set short single slab slice slices smooth soft space spair spgr spin spoiled ssfp ssfse standard
std stir study sub subtracted subtraction sum summary susceptibility swi swip t1 t1w t2 t2star t2w test tfe tfl time
timing tirm tissue tof topogram total trace tracking true truefisp trufi tse ttp turbo twist unenhanced uniform
vascular venc vibe view views vista w water weighted wfi wi window windowed wip with within without wo

additional after all and at before both complete during each for from limited of on only or per plus procedure
protocol repeat the to
`.trim().split(/\s+/),
);
