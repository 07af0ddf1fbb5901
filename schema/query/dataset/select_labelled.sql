-- what a human has labelled
select sha256
from serving.image_label
where label_source = 'human'
    and value is not null;
