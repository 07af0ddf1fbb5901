-- all pictures
select sha256
from serving.image;
