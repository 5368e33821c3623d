//! From a template and its data to a PDF/A-2b file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use qrcode::QrCode;
use qrcode::render::svg;
use typst::WorldExt;
use typst::diag::{FileError, FileResult, SourceDiagnostic, Warned};
use typst::foundations::{Bytes, Datetime, Dict, IntoValue, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst_as_lib::file_resolver::FileResolver;
use typst_as_lib::{TypstAsLibError, TypstEngine};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::data;
use crate::fonts::Fonts;
use crate::protocol::{Refusal, Request};

/// A template, or a picture that it shows.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// A form of more pages is a mistake in its data.
const PAGES_MAX: usize = 30;
/// Minutes from UTC to the local time of the whole country.
const VIETNAM_MINUTES: i32 = 7 * 60;
/// Layouts kept from earlier requests, in requests: bounds the memory.
const CACHE_AGE: usize = 5;

/// The engine with its fonts and templates.
pub struct Renderer {
    engine: TypstEngine,
    fonts: Fonts,
    standards: PdfStandards,
}

/// A finished form.
pub struct Rendered {
    /// The file.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// What was replaced, and what the template's author should look at.
    pub warnings: Vec<String>,
}

impl Renderer {
    /// Over the templates in a folder, which may be edited while it runs.
    pub fn new(templates: &Path, fonts: Fonts) -> Result<Self, String> {
        let folder = templates.canonicalize().map_err(|err| {
            format!("the folder of the templates, {}: {err}", templates.display())
        })?;
        let engine = TypstEngine::builder()
            .fonts(fonts.list())
            .add_file_resolver(Templates { folder })
            .comemo_evict_max_age(Some(CACHE_AGE))
            .build();
        let standards =
            PdfStandards::new(&[PdfStandard::A_2b]).map_err(|err| err.message().to_string())?;
        Ok(Self { engine, fonts, standards })
    }

    /// Renders one form. The same request gives the same bytes.
    pub fn render(&self, request: &Request) -> Result<Rendered, Refusal> {
        let (data, mut warnings) = data::prepare(&request.data, &self.fonts)?;
        let name = format!("{0}/{0}.typ", request.template);
        let path = VirtualPath::new(&name)
            .map_err(|_| Refusal::new("forms.bad_name", "a template's name is like `slip`"))?;
        let main = RootedPath::new(VirtualRoot::Project, path).intern();

        let mut inputs = Dict::new();
        inputs.insert("data".into(), data.to_string().into_value());
        let qr = request.qr.as_deref().map(qr_code).transpose()?.unwrap_or_default();
        inputs.insert("qr".into(), qr.into_value());

        let Warned { output, warnings: of_template } =
            self.engine.compile_with_input::<_, _, PagedDocument>(main, inputs);
        let document = output.map_err(|err| self.of_engine(main, &request.template, &err))?;
        let pages = document.pages().len();
        if pages > PAGES_MAX {
            let reason = format!("the form has {pages} pages, more than {PAGES_MAX}");
            return Err(Refusal::new("forms.too_large", reason));
        }
        let options = PdfOptions {
            ident: Smart::Auto,
            creator: Smart::Custom(Some("motcua".to_owned())),
            timestamp: Some(pdf_time(request.timestamp)?),
            standards: self.standards.clone(),
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options)
            .map_err(|errors| self.of_diagnostics(main, &errors, "forms.not_archivable"))?;
        warnings.extend(of_template.iter().map(|warning| warning.message.to_string()));
        Ok(Rendered { pdf, pages, warnings })
    }

    fn of_engine(&self, main: FileId, template: &str, err: &TypstAsLibError) -> Refusal {
        match err {
            TypstAsLibError::TypstSource(errors) => {
                self.of_diagnostics(main, errors, "forms.bad_template")
            }
            TypstAsLibError::TypstFile(FileError::NotFound(_)) => {
                Refusal::new("forms.unknown_template", format!("there is no template `{template}`"))
            }
            err => Refusal::new("forms.bad_template", err.to_string()),
        }
    }

    /// The first complaint, with its place in the template.
    fn of_diagnostics(&self, main: FileId, errors: &[SourceDiagnostic], code: &str) -> Refusal {
        let Some(first) = errors.first() else {
            return Refusal::new(code, "the engine gave no reason");
        };
        let mut message = first.message.to_string();
        for hint in &first.hints {
            message += &format!("; {}", hint.v);
        }
        if message.starts_with("file not found") && first.span.id().is_none() {
            return Refusal::new("forms.unknown_template", message);
        }
        let mut refusal = Refusal::new(code, message);
        let place = first.span.id().zip(self.engine.world_builder(main).build().ok());
        if let Some((file, world)) = place {
            refusal.file = Some(file.vpath().get_without_slash().to_owned());
            let start = world.range(first.span).map(|range| range.start);
            let source = typst::World::source(&world, file).ok();
            let line = source.zip(start).and_then(|(s, start)| s.lines().byte_to_line(start));
            refusal.line = line.map(|line| line + 1);
        }
        refusal
    }
}

/// Reads below the folder of the templates only: no packages, no way out through a link.
struct Templates {
    folder: PathBuf,
}

impl Templates {
    fn read(&self, id: FileId) -> FileResult<Vec<u8>> {
        let name = PathBuf::from(id.vpath().get_without_slash());
        if *id.root() != VirtualRoot::Project {
            return Err(FileError::Other(Some("packages are not available here".into())));
        }
        let path =
            self.folder.join(&name).canonicalize().map_err(|err| FileError::from_io(err, &name))?;
        if !path.starts_with(&self.folder) {
            return Err(FileError::AccessDenied);
        }
        let size = std::fs::metadata(&path).map_err(|err| FileError::from_io(err, &name))?.len();
        if size > FILE_BYTES_MAX {
            let reason = format!("{} is larger than {FILE_BYTES_MAX} bytes", name.display());
            return Err(FileError::Other(Some(reason.into())));
        }
        std::fs::read(&path).map_err(|err| FileError::from_io(err, &name))
    }
}

impl FileResolver for Templates {
    fn resolve_binary(&self, id: FileId) -> FileResult<Cow<'_, Bytes>> {
        Ok(Cow::Owned(Bytes::new(self.read(id)?)))
    }

    fn resolve_source(&self, id: FileId) -> FileResult<Cow<'_, Source>> {
        let text = String::from_utf8(self.read(id)?).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Cow::Owned(Source::new(id, text.trim_start_matches('\u{feff}').to_owned())))
    }
}

fn qr_code(text: &str) -> Result<String, Refusal> {
    let code = QrCode::new(text.as_bytes())
        .map_err(|err| Refusal::new("forms.bad_qr", err.to_string()))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(false).build())
}

fn pdf_time(at: Timestamp) -> Result<typst_pdf::Timestamp, Refusal> {
    let local = jiff::tz::Offset::from_seconds(VIETNAM_MINUTES * 60)
        .map(|offset| offset.to_datetime(at))
        .map_err(|err| Refusal::new("forms.bad_time", err.to_string()))?;
    let [month, day, hour, minute, second] =
        [local.month(), local.day(), local.hour(), local.minute(), local.second()]
            .map(i8::unsigned_abs);
    Datetime::from_ymd_hms(local.year().into(), month, day, hour, minute, second)
        .and_then(|time| typst_pdf::Timestamp::new_local(time, VIETNAM_MINUTES))
        .ok_or_else(|| Refusal::new("forms.bad_time", "the time has no place in a calendar"))
}
